import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { withoutType } from '../compat/nest-routes.js';
import { withParentheses } from '../compat/parentheses.js';
import { HANDLER_RUN_PART } from '../core/resumption.js';
import { DRAINABLE_STREAM } from '../core/tokens.js';

const cursorOf = Object.assign(
  (_: unknown, context: ExecutionContext) => {
    const [handler, controller] = [context.getHandler(), context.getClass()];
    const declared = [handler, controller].map(
      (target) => Reflect.getMetadata(DRAINABLE_STREAM, target) as { resumable?: unknown },
    );
    // HEAD, and an EventSource that is sent elsewhere: the handler is to continue nothing.
    if (declared.some((options) => options?.resumable)) return { id: '', next: 0 };
    throw new Error(
      `@StreamCursor() found no resumable stream in ${controller.name}.${handler.name}(): ` +
        'put @DrainableStream({ resumable: true }) on the handler.',
    );
  },
  { [HANDLER_RUN_PART]: 'cursor' },
);

/**
 * Injects from where a resumable handler has to continue: `{ id, next }`. `next` is 0 for a new stream; after a
 * take-over, events below it were sent by another replica and must not be produced again.
 * @throws Error when the handler is not `@DrainableStream({ resumable: true })`.
 */
export const StreamCursor = withParentheses(
  'StreamCursor',
  createParamDecorator(cursorOf, [withoutType]),
);
