import { UseGuards } from '@nestjs/common';
import { requireParentheses } from '../compat/parentheses.js';
import { format } from '../core/duration.js';
import { DRAINABLE_STREAM } from '../core/tokens.js';
import { AdmissionGuard } from './admission.guard.js';
import type { DrainableStreamOptions } from './stream-route.js';

/**
 * Makes the routes of a controller, or one route, streams that the drain knows: admitted or refused
 * (503) before the handler runs and behind all other guards, counted until their response is closed,
 * told or cancelled with a farewell when the process goes away. Works for `@Sse()`, async generators,
 * `StreamableFile`, `@Res()` and plain answers; changes nothing of what the route answers while serving.
 *
 * It only declares. The rest happens at start, where GracefulShutdownModule is imported; elsewhere, as
 * in unit tests of a controller, it does nothing. A request of such a route logs one warning then, which
 * Nest's testing module does not print.
 */
export function DrainableStream<Request = unknown>(
  options?: DrainableStreamOptions<Request>,
): ClassDecorator & MethodDecorator;
export function DrainableStream(
  ...given: [options?: DrainableStreamOptions]
): ClassDecorator & MethodDecorator {
  requireParentheses('DrainableStream', given);
  const [options = {}] = given;
  if (typeof (options as unknown) !== 'object' || (options as unknown) === null) {
    throw new TypeError(
      `@DrainableStream() is given ${format(options)}; give it an object, such as { kind: 'subscription' }, or nothing.`,
    );
  }
  if (options.resumable && options.kind === 'subscription') {
    throw new TypeError(
      '@DrainableStream() cannot be a resumable subscription: an endless log has no bound; leave one of both out.',
    );
  }
  return (target: object, key?: string | symbol, descriptor?: PropertyDescriptor): void => {
    if (key !== undefined && descriptor) {
      Reflect.defineMetadata(DRAINABLE_STREAM, options, descriptor.value as object);
      UseGuards(AdmissionGuard)(target, key, descriptor);
      return;
    }
    Reflect.defineMetadata(DRAINABLE_STREAM, options, target);
    UseGuards(AdmissionGuard)(target as NewableFunction);
  };
}
