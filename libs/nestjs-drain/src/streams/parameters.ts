import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { Stream } from '../core/stream.js';
import { ResumableAnswer } from '../resume/resumable-answer.js';
import { decisionOf } from './decision.js';

const signalOf = (_: unknown, context: ExecutionContext): AbortSignal => {
  const decision = decisionOf(context.switchToHttp().getRequest());
  if (decision instanceof Stream) return decision.signal;
  if (decision instanceof ResumableAnswer) return decision.signal;
  if (decision) return AbortSignal.abort();
  throw new Error(
    `@DrainSignal() found no stream in ${context.getClass().name}.${context.getHandler().name}(): ` +
      'put @DrainableStream() on the handler or its controller.',
  );
};

/**
 * Injects the stream's `AbortSignal`. It aborts, with a `StreamAbortedError` as its reason, when the
 * drain ends the stream and when its client leaves: hand it to the upstream request. In a resumable
 * stream it aborts when this replica has no business to produce it any more; a client that left is no reason.
 * In a `@DrainableTask()` it aborts at the drain's deadline.
 * @throws Error when the handler has no `@DrainableStream()`.
 */
export const DrainSignal = createParamDecorator(signalOf);

/** Whether this is what `@DrainSignal()` has left about a parameter; `@DrainableTask()` fills it itself. */
export function isDrainSignal(parameter: unknown): parameter is { readonly index: number } {
  return (parameter as { factory?: unknown }).factory === signalOf;
}

/**
 * Injects the drain's own handle of the stream, for a handler that has it handed off (`handOffBy`).
 * @throws Error when the handler has no `@DrainableStream()`.
 */
export const CurrentStream = createParamDecorator((_: unknown, context: ExecutionContext) => {
  const decision = decisionOf(context.switchToHttp().getRequest());
  if (decision instanceof Stream) return decision;
  if (decision instanceof ResumableAnswer) return decision.http;
  throw new Error(
    `@CurrentStream() found no stream in ${context.getClass().name}.${context.getHandler().name}(): ` +
      'put @DrainableStream() on the handler or its controller.',
  );
});
