import type { StreamEvent } from 'nestjs-drain-resume';
import { largestPortion, type OutgoingEvent, type Portion } from '../core/resumption.js';
import { type LoggedMessage, readLogged } from './logged.js';
import type { EventIds } from './position.js';

interface LoggedPortion extends Portion {
  /** Nothing follows it: the handler completed, or failed. */
  readonly isLast: boolean;
}

/**
 * What a client gets of a page of a stream's log, in portions.
 * @param retry milliseconds, for the first event
 */
export function* portionsOf(
  ids: EventIds,
  page: readonly StreamEvent[],
  retry: number | undefined,
): Generator<LoggedPortion, void, undefined> {
  let events: OutgoingEvent[] = [];
  let characters = 0;
  let advice = retry;
  for (const logged of page) {
    const size = logged.payload.length;
    const isFull =
      events.length === largestPortion.events || characters + size > largestPortion.characters;
    if (isFull && events.length > 0) {
      yield { events, characters, isLast: false };
      events = [];
      characters = 0;
    }
    const { event, isLast } = outgoing(ids, logged, advice);
    advice = undefined;
    if (event) events.push(event);
    characters += size;
    if (!isLast) continue;
    yield { events, characters, isLast };
    return;
  }
  if (events.length > 0) yield { events, characters, isLast: false };
}

/** The end itself is logged as well, but is no event for a client. */
function outgoing(
  ids: EventIds,
  { sequence, epoch, payload }: StreamEvent,
  retry: number | undefined,
): { readonly event?: OutgoingEvent; readonly isLast: boolean } {
  const logged = readLogged(payload);
  if ('end' in logged) return { isLast: true };
  const isLast = 'failure' in logged;
  const { type, data, retry: own }: LoggedMessage = isLast ? logged.failure : logged.event;
  // Every event has the same fields in the same order: what reads them meets one shape.
  const event = { type, id: ids.of(sequence, epoch), retry: retry ?? own, data };
  return { event, isLast };
}
