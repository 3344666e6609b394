import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { withoutType } from '../compat/nest-routes.js';
import { HANDLER_RUN_PART } from '../core/resumption.js';
import { type OpenStream, Stream } from '../core/stream.js';
import { DRAINABLE_STREAM } from '../core/tokens.js';
import { decisionOf, streamIn } from './http-stream.js';

/** A handler that runs without the drain: GracefulShutdownModule is not imported, as in unit tests. */
function unmanagedStream(context: ExecutionContext, parameter: string): OpenStream {
  const [handler, controller] = [context.getHandler(), context.getClass()];
  if (
    !Reflect.hasMetadata(DRAINABLE_STREAM, handler) &&
    !Reflect.hasMetadata(DRAINABLE_STREAM, controller)
  ) {
    throw new Error(
      `${parameter} found no stream in ${controller.name}.${handler.name}(): ` +
        'put @DrainableStream() on the handler or its controller.',
    );
  }
  const nothing = (): void => undefined;
  const request = { id: 'unmanaged', kind: 'finite', route: handler.name } as const;
  const transport = { end: nothing, destroy: nothing };
  const keeper = { released: nothing, interrupted: nothing };
  return new Stream(request, 0, 0, transport, keeper);
}

function streamOf(context: ExecutionContext, parameter: string): OpenStream | undefined {
  const decision = decisionOf(context.switchToHttp().getRequest());
  return decision ? streamIn(decision) : unmanagedStream(context, parameter);
}

const signalOf = Object.assign(
  (_: unknown, context: ExecutionContext): AbortSignal =>
    streamOf(context, '@DrainSignal()')?.signal ?? AbortSignal.abort(),
  // Each run of a resumable handler has a signal of its own.
  { [HANDLER_RUN_PART]: 'signal' },
);

/**
 * Injects the stream's `AbortSignal`. It aborts, with a `StreamAbortedError` as its reason, when the
 * drain ends the stream and when its client leaves: hand it to the upstream request. In a resumable
 * stream it aborts when this replica should stop producing; a client's disconnect does not abort it.
 * In a `@DrainableTask()` it aborts at the drain's deadline.
 * @throws Error when the handler has no `@DrainableStream()`.
 */
export const DrainSignal = createParamDecorator(signalOf, [withoutType]);

/**
 * Injects the stream itself, an `OpenStream`: its id, its signal, and `handOffBy` for a handler that has it handed
 * off. Undefined only for an EventSource that is sent to another replica: its handler does not run.
 * @throws Error when the handler has no `@DrainableStream()`.
 */
export const CurrentStream = createParamDecorator(
  (_: unknown, context: ExecutionContext) => streamOf(context, '@CurrentStream()'),
  [withoutType],
);
