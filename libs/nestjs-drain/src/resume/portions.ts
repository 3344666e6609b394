import type { StreamEvent } from 'nestjs-drain-resume';
import { largestPortion, type OutgoingEvent, type Portion } from '../core/resumption.js';
import { type LoggedMessage, readLogged } from './logged.js';
import type { EventIds } from './position.js';

interface LoggedPortion extends Portion {
  /** Nothing follows it: the handler completed, or failed. */
  readonly isLast: boolean;
  /** The index in the page at which the next one begins. */
  readonly end: number;
}

/**
 * What a client gets next of a page of a stream's log. One after the other, as each is wanted: a page may be large.
 * @param from the index in the page, of an event that is there
 * @param retry milliseconds, for the first event
 */
export function portionOf(
  ids: EventIds,
  page: readonly StreamEvent[],
  from: number,
  retry: number | undefined,
): LoggedPortion {
  const first = page[from]!;
  const read = outgoing(ids, first, retry);
  const events = read.event ? [read.event] : [];
  let [isLast, characters, end] = [read.isLast, first.payload.length, from + 1];
  for (; end < page.length && !isLast; end += 1) {
    const logged = page[end]!;
    if (isFull(events.length, characters + logged.payload.length)) break;
    const next = outgoing(ids, logged, undefined);
    if (next.event) events.push(next.event);
    characters += logged.payload.length;
    isLast = next.isLast;
  }
  return { events, characters, isLast, end };
}

function isFull(events: number, characters: number): boolean {
  return events === largestPortion.events || characters > largestPortion.characters;
}

/** The end itself is logged as well, but is no event for a client. */
function outgoing(
  ids: EventIds,
  { sequence, epoch, payload }: StreamEvent,
  retry: number | undefined,
): { readonly event?: OutgoingEvent; readonly isLast: boolean } {
  const logged = readLogged(payload);
  if (logged.kind === 'end') return { isLast: true };
  const { type, data, retry: own }: LoggedMessage = logged.event;
  // Every event has the same fields in the same order: what reads them meets one shape.
  const event = { type, id: ids.of(sequence, epoch), retry: retry ?? own, data };
  return { event, isLast: logged.kind === 'failure' };
}
