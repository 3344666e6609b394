import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { Stream } from '../core/stream.js';
import { decisionOf } from '../streams/decision.js';
import { ResumableAnswer } from './resumable-answer.js';

/**
 * Injects from where a resumable handler has to continue: `{ id, next }`. `next` is 0 for a new stream; after a
 * take-over, events below it were sent by another replica and must not be produced again.
 * @throws Error when the handler is not `@DrainableStream({ resumable: true })`.
 */
export const StreamCursor = createParamDecorator((_: unknown, context: ExecutionContext) => {
  const decision = decisionOf(context.switchToHttp().getRequest());
  if (decision instanceof ResumableAnswer) return decision.cursor;
  // HEAD, and an EventSource that is sent elsewhere: no handler is to continue anything.
  if (!(decision instanceof Stream) || decision.transport.declared.resumable)
    return { id: '', next: 0 };
  throw new Error(
    `@StreamCursor() found no resumable stream in ${context.getClass().name}.${context.getHandler().name}(): ` +
      'put @DrainableStream({ resumable: true }) on the handler.',
  );
});
