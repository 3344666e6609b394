import { rawOf } from '../compat/frameworks.js';
import type { HttpStream } from './http-stream.js';
import type { Reconnect } from './reconnect.js';
import type { ResumableAnswer } from '../resume/resumable-answer.js';

/** What the guard decided about a request, for the handler and its parameters to find. */
export type Decision = HttpStream | ResumableAnswer | Reconnect;

/** On the request itself: a WeakMap of all requests costs the garbage collector dearly. */
const DECISION = Symbol('nestjs-drain.Decision');

interface Decided {
  [DECISION]?: Decision;
}

export function decide(request: object, decision: Decision): void {
  (request as Decided)[DECISION] = decision;
}

/** @param request Express' request, or Fastify's; undefined when a handler is called directly. */
export function decisionOf(request: unknown): Decision | undefined {
  const isRequest = typeof request === 'object' && request !== null;
  return isRequest ? (rawOf(request) as Decided)[DECISION] : undefined;
}
