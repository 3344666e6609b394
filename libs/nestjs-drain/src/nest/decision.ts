import { rawOf } from '../core/raw.js';
import type { HttpStream } from './http-stream.js';
import type { Reconnect } from './reconnect.js';
import type { ResumableAnswer } from './resumable-answer.js';

/** What the guard decided about a request, for the handler and its parameters to find. */
export type Decision = HttpStream | ResumableAnswer | Reconnect;

const decisions = new WeakMap<object, Decision>();

export function decide(request: object, decision: Decision): void {
  decisions.set(request, decision);
}

/** @param request Express' request, or Fastify's; undefined when a handler is called directly. */
export function decisionOf(request: unknown): Decision | undefined {
  const isRequest = typeof request === 'object' && request !== null;
  return isRequest ? decisions.get(rawOf(request)) : undefined;
}
