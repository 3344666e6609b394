import type { StreamEvent } from 'nestjs-drain-resume';
import { largestPortion, type OutgoingEvent, type Portion } from '../core/resumption.js';
import { readLogged } from './logged.js';
import { eventId } from './position.js';

interface LoggedPortion extends Portion {
  /** Nothing follows it: the handler completed, or failed. */
  readonly isLast: boolean;
}

/**
 * What a client gets of a page of a stream's log, in portions.
 * @param retry milliseconds, for the first event
 */
export function* portionsOf(
  id: string,
  page: readonly StreamEvent[],
  retry: number | undefined,
): Generator<LoggedPortion, void, undefined> {
  let events: OutgoingEvent[] = [];
  let characters = 0;
  for (const [index, logged] of page.entries()) {
    const size = logged.payload.length;
    const isFull =
      events.length === largestPortion.events || characters + size > largestPortion.characters;
    if (isFull && events.length > 0) {
      yield { events, characters, isLast: false };
      events = [];
      characters = 0;
    }
    const { event, isLast } = outgoing(id, logged, index === 0 ? retry : undefined);
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
  id: string,
  { sequence, epoch, payload }: StreamEvent,
  retry: number | undefined,
): { readonly event?: OutgoingEvent; readonly isLast: boolean } {
  const logged = readLogged(payload);
  if ('end' in logged) return { isLast: true };
  const isLast = 'failure' in logged;
  const place = { id: eventId({ id, after: sequence, epoch }) };
  const event = isLast ? logged.failure : logged.event;
  return { event: { ...event, ...place, ...(retry !== undefined && { retry }) }, isLast };
}
