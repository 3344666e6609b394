import { createParamDecorator } from '@nestjs/common';
import { HANDLER_RUN_PART, type HandlerRun } from '../core/resumption.js';

// For HEAD, and where GracefulShutdownModule is not imported. Each run of a resumable handler gets its own.
const fromTheStart = (): HandlerRun['cursor'] => ({ id: '', next: 0 });

/**
 * Injects from where a resumable handler has to continue: `{ id, next }`. `next` is 0 for a new stream; after a
 * take-over, events below it were sent by another replica and must not be produced again.
 * The application does not start if the handler is not `@DrainableStream({ resumable: true })`.
 */
export const StreamCursor = createParamDecorator(
  Object.assign(fromTheStart, { [HANDLER_RUN_PART]: 'cursor' }),
);
