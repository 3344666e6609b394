import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { decisionOf } from './decision.js';
import { HttpStream } from './http-stream.js';
import { ResumableAnswer } from './resumable-answer.js';

/**
 * Injects the drain's own handle of the stream, for a handler that has it handed off (`handOffBy`).
 * @throws Error when the handler has no `@DrainableStream()`.
 */
export const CurrentStream = createParamDecorator((_: unknown, context: ExecutionContext) => {
  const decision = decisionOf(context.switchToHttp().getRequest());
  if (decision instanceof HttpStream) return decision.handle;
  if (decision instanceof ResumableAnswer) return decision.http.handle;
  throw new Error(
    `@CurrentStream() found no stream in ${context.getClass().name}.${context.getHandler().name}(): ` +
      'put @DrainableStream() on the handler or its controller.',
  );
});
