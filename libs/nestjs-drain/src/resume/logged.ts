import { HttpException, type MessageEvent } from '@nestjs/common';
import { BacklogError, ProductionStoppedError } from 'nestjs-drain-resume';

/** One entry of a stream's log. The last one is an end: the handler completed, or failed. */
export type LoggedEvent =
  | { readonly kind: 'event'; readonly event: LoggedMessage }
  | { readonly kind: 'end' }
  | { readonly kind: 'failure'; readonly event: FailureEvent };

export interface LoggedMessage {
  readonly type?: string;
  readonly data: string | object;
  readonly retry?: number;
}

/** What readers get of a handler that failed. */
export type FailureEvent = Pick<LoggedMessage, 'data' | 'type'>;

// The first character of a payload says what it is. Most events have nothing but data.
const dataMark = 'd';
const messageMark = 'm';
const failureMark = 'f';

export const loggedEnd = 'e';

/** A log that is full takes so much more, for its last event. */
const longestFailure = 60_000;

/**
 * As Nest does: only what was meant for the client is told to it, unless the route says how a failure looks. It must
 * not throw, whatever was thrown at it.
 */
export function loggedFailure(
  error: unknown,
  shape: ((error: unknown) => FailureEvent) | undefined,
): string {
  try {
    const { type = 'error', data } = shape?.(error) ?? { data: messageOf(error) };
    const event: FailureEvent = { ...(type !== '' && { type }), data };
    const logged = failureMark + JSON.stringify(event);
    if (Buffer.byteLength(logged) <= longestFailure) return logged;
  } catch {
    // The event that says what went wrong is faulty as well.
  }
  const event: FailureEvent = { type: 'error', data: 'Internal server error' };
  return failureMark + JSON.stringify(event);
}

/** The client, or the application, asked for its end. */
export function isCancelled(error: unknown): boolean {
  return error instanceof ProductionStoppedError && error.reason === 'cancelled';
}

function messageOf(error: unknown): string {
  if (isCancelled(error)) return 'The answer was cancelled.';
  const isTooMuch =
    error instanceof BacklogError ||
    (error instanceof ProductionStoppedError && error.reason === 'tooLarge');
  if (isTooMuch) return 'The answer grew larger than what is kept of one.';
  return error instanceof HttpException ? error.message : 'Internal server error';
}

/** Undefined for what a client would not dispatch, such as a heartbeat: it has no place in the sequence. */
export function loggedEvent(emitted: unknown): string | undefined {
  const isMessage = typeof emitted === 'object' && emitted !== null;
  const { type, data, retry } = (isMessage ? emitted : { data: emitted }) as MessageEvent;
  if (data === undefined || data === null) return undefined;
  // What JSON has no text for, such as a function, is nothing that could be sent.
  const text = JSON.stringify(data) as string | undefined;
  if (text === undefined) return undefined;
  if (type === undefined && retry === undefined) return dataMark + text;
  const rest = JSON.stringify({ type, retry }).slice(1);
  return `${messageMark}{"data":${text}${rest === '}' ? '' : ','}${rest}`;
}

export function readLogged(payload: string): LoggedEvent {
  const mark = payload.charAt(0);
  if (mark === loggedEnd) return { kind: 'end' };
  const read: unknown = JSON.parse(payload.slice(1));
  if (mark === dataMark) return { kind: 'event', event: { data: read as LoggedMessage['data'] } };
  const kind = mark === failureMark ? 'failure' : 'event';
  return { kind, event: read as LoggedMessage };
}

/** The parts of a request that handlers take their input from. Headers are not logged: they carry credentials. */
const parts = ['body', 'params', 'query'] as const;

/** What is logged with a stream, so that any replica can run its handler again. */
export function loggedRequest(request: object): string {
  const given = request as Record<string, unknown>;
  return JSON.stringify(Object.fromEntries(parts.map((part) => [part, given[part]])));
}

/** Gives a request that resumes a stream the input that the stream was started with. */
export function restoreRequest(request: object, logged: string): void {
  for (const [part, value] of Object.entries(JSON.parse(logged) as object)) {
    // Express 5 has a getter for the query.
    Object.defineProperty(request, part, { value, configurable: true, writable: true });
  }
}
