import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { decisionOf } from './decision.js';
import { HttpStream } from './http-stream.js';

/**
 * Injects the stream's `AbortSignal`. It aborts, with a `StreamAbortedError` as its reason, when the
 * drain ends the stream and when its client leaves: hand it to the upstream request.
 * @throws Error when the handler has no `@DrainableStream()`.
 */
export const DrainSignal = createParamDecorator((_: unknown, context: ExecutionContext) => {
  const decision = decisionOf(context.switchToHttp().getRequest());
  if (decision instanceof HttpStream) return decision.handle.signal;
  if (decision) return AbortSignal.abort();
  throw new Error(
    `@DrainSignal() found no stream in ${context.getClass().name}.${context.getHandler().name}(): ` +
      'put @DrainableStream() on the handler or its controller.',
  );
});
