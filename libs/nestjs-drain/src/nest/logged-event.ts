import { HttpException, type MessageEvent } from '@nestjs/common';

/** One entry of a stream's log. The last one is an end: the handler completed, or failed with this message. */
export type LoggedEvent =
  | { readonly event: Omit<MessageEvent, 'id'> }
  | { readonly end: true }
  | { readonly error: string };

export const loggedEnd = JSON.stringify({ end: true } satisfies LoggedEvent);

/** As Nest does: only what was meant for the client is told to it. */
export function loggedFailure(error: unknown): string {
  const message = error instanceof HttpException ? error.message : 'Internal server error';
  return JSON.stringify({ error: message } satisfies LoggedEvent);
}

/** Undefined for what a client would not dispatch, such as a heartbeat: it has no place in the sequence. */
export function loggedEvent(emitted: unknown): string | undefined {
  const isMessage = typeof emitted === 'object' && emitted !== null;
  const { type, data, retry } = (isMessage ? emitted : { data: emitted }) as MessageEvent;
  if (data === undefined || data === null) return undefined;
  return JSON.stringify({ event: { type, data, retry } });
}

export function readLogged(payload: string): LoggedEvent {
  return JSON.parse(payload) as LoggedEvent;
}
