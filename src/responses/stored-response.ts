import type { Prompt } from '../models/model.js';
import { ResponseComposer } from './response-composer.js';
import type { ResponseBody, ResponseEvent } from './response-event.js';

/** What any replica needs to go on with a response. */
export interface StoredResponse {
  readonly head: ResponseBody;
  readonly prompt: Prompt;
  /** Of the model's answer, if it takes one to go on with it. */
  readonly token?: string | undefined;
}

/** The whole response as its events so far tell it. */
export function stateOf(head: ResponseBody, events: readonly ResponseEvent[]): ResponseBody {
  const last = events.at(-1);
  if (last && isTerminal(last)) return last.response;
  return new ResponseComposer(head, events).response;
}

export type TerminalEvent = Extract<
  ResponseEvent,
  { type: 'response.completed' | 'response.incomplete' | 'response.failed' }
>;

export function isTerminal(event: ResponseEvent): event is TerminalEvent {
  return /^response\.(completed|incomplete|failed)$/.test(event.type);
}
