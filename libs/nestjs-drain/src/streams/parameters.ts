import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { runPartOf, withoutType } from '../compat/nest-routes.js';
import { withParentheses } from '../compat/parentheses.js';
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
    throw noStream(parameter, controller.name, handler.name);
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

/** At start, and at a request where GracefulShutdownModule has not looked at the start. */
export function noStream(parameter: string, controller: string, handler: string): Error {
  const decorator =
    parameter === cursor ? '@DrainableStream({ resumable: true })' : '@DrainableStream()';
  return new Error(
    `${parameter} found no stream in ${controller}.${handler}(): put ${decorator} on the handler or its controller.`,
  );
}

/** Marks the factories of these decorators with their names. */
const PARAMETER = Symbol.for('nestjs-drain.StreamParameter');
/** That of the entry `nestjs-drain/resume`, which names itself by what its parameter gets. */
const cursor = '@StreamCursor()';

/** The decorator of this library that a parameter has. */
export function parameterOf(argument: { index: number; factory?: unknown }): string | undefined {
  if (runPartOf(argument) === 'cursor') return cursor;
  return (argument.factory as { [PARAMETER]?: string } | undefined)?.[PARAMETER];
}

const signalOf = Object.assign(
  (_: unknown, context: ExecutionContext): AbortSignal =>
    streamOf(context, '@DrainSignal()')?.signal ?? AbortSignal.abort(),
  // Each run of a resumable handler has a signal of its own.
  { [HANDLER_RUN_PART]: 'signal', [PARAMETER]: '@DrainSignal()' },
);

const currentStreamOf = Object.assign(
  (_: unknown, context: ExecutionContext) => streamOf(context, '@CurrentStream()'),
  { [PARAMETER]: '@CurrentStream()' },
);

/**
 * Injects the stream's `AbortSignal`. It aborts, with a `StreamAbortedError` as its reason, when the
 * drain ends the stream and when its client leaves: hand it to the upstream request. In a resumable
 * stream it aborts when this replica should stop producing; a client's disconnect does not abort it.
 * In a `@DrainableTask()` it aborts at the drain's deadline.
 * @throws Error, at start, when the handler has no `@DrainableStream()`.
 */
export const DrainSignal = withParentheses(
  'DrainSignal',
  createParamDecorator(signalOf, [withoutType]),
);

/**
 * Injects the stream itself, an `OpenStream`: its id, its signal, and `handOffBy` for a handler that has it handed
 * off. Undefined only for an EventSource that is sent to another replica: its handler does not run.
 * @throws Error, at start, when the handler has no `@DrainableStream()`.
 */
export const CurrentStream = withParentheses(
  'CurrentStream',
  createParamDecorator(currentStreamOf, [withoutType]),
);
