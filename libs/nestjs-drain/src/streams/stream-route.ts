import type { ExecutionContext } from '@nestjs/common';
import type { StreamKind } from '../core/stream.js';
import { DRAINABLE_STREAM } from '../core/tokens.js';
import type { Farewell } from './farewell.js';

/** What `@DrainableStream()` declares. */
export interface DrainableStreamOptions<Request = unknown> {
  /**
   * `finite` (default): an answer that ends by itself; the drain lets it finish.
   * `subscription`: endless; the drain ends it at once and its client reconnects elsewhere.
   */
  kind?: StreamKind;
  /** What the stream sends when it is cancelled at the deadline. Default: the module's `farewell`. */
  farewell?: Farewell;
  /** Names the stream in events and logs. Default: a running number. */
  id?: (request: Request) => string;
  /**
   * Whether the stream outlives its connection and its pod: events are logged before they are sent, and a client
   * that comes back gets what follows its `Last-Event-ID` from any replica. For finite `@Sse()` routes; needs
   * `DrainResumeModule`. The handler may run again, on another replica: it continues from its `@StreamCursor()`.
   * Default false.
   */
  resumable?: boolean | ResumableOptions<Request>;
}

export interface ResumableOptions<Request = unknown> {
  /** Whether production goes on to the end when nobody reads. Default false. */
  background?: boolean;
  /**
   * Otherwise: after how many seconds without a reader production pauses, until a reader comes back. Default 30.
   */
  grace?: number;
  /**
   * Who asks. Only the same principal can resume the stream; anyone else gets 404. Default: a hash of the
   * `Authorization` header.
   */
  principal?: (request: Request) => string;
}

/** What is known of a decorated handler before any request comes. */
export interface StreamRoute extends DrainableStreamOptions {
  readonly kind: StreamKind;
  /** Such as `POST /v1/responses`. */
  readonly pattern: string;
  readonly isSse: boolean;
  /** The handler writes to `@Res()`: Nest sends nothing for it. */
  readonly writesItself: boolean;
}

// Nest's own metadata keys. Nest 11 and 12 export them from different places, with these values.
const PATH = 'path';
const METHOD = 'method';
const SSE = '__sse__';
const ROUTE_ARGUMENTS = '__routeArguments__';
/** Keys of `__routeArguments__` are `<type>:<index>`; 1 is the response, 2 is next. */
const RESPONSE_OR_NEXT = /^[12]:/;
const METHODS = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'ALL', 'OPTIONS', 'HEAD', 'SEARCH'];

export function isRouteHandler(method: unknown): boolean {
  return typeof method === 'function' && Reflect.hasMetadata(PATH, method);
}

export function routeArgumentsOf(
  controller: object,
  handler: string | symbol,
): Record<string, unknown> {
  return (Reflect.getMetadata(ROUTE_ARGUMENTS, controller, handler) ?? {}) as Record<
    string,
    unknown
  >;
}

class NotResumableError extends Error {
  override readonly name = 'NotResumableError';

  constructor(handler: string) {
    super(
      `${handler}() is declared resumable but is no @Sse() route: make it one, or log and replay its events ` +
        'yourself with ResumableStreamService of nestjs-drain/resume.',
    );
  }
}

const routes = new WeakMap<object, StreamRoute>();

/** The route of a decorated handler; worked out at its first request. */
export function streamRouteOf(context: ExecutionContext): StreamRoute {
  const handler = context.getHandler();
  const known = routes.get(handler);
  if (known) return known;
  const route = describeRoute(handler, context.getClass());
  routes.set(handler, route);
  return route;
}

// eslint-disable-next-line @typescript-eslint/no-unsafe-function-type -- Nest's own type of a handler
function describeRoute(handler: Function, controller: Function): StreamRoute {
  const declared = (Reflect.getMetadata(DRAINABLE_STREAM, handler) ??
    Reflect.getMetadata(DRAINABLE_STREAM, controller) ??
    {}) as DrainableStreamOptions;
  const isSse = Reflect.hasMetadata(SSE, handler);
  if (declared.resumable && !isSse) throw new NotResumableError(handler.name);
  const parameters = Object.entries(routeArgumentsOf(controller, handler.name));
  return {
    ...declared,
    kind: declared.kind ?? 'finite',
    pattern: patternOf(handler, controller),
    isSse,
    writesItself: parameters.some(
      ([key, value]) => RESPONSE_OR_NEXT.test(key) && !isPassthrough(value),
    ),
  };
}

// eslint-disable-next-line @typescript-eslint/no-unsafe-function-type -- Nest's own type of a handler
function patternOf(handler: Function, controller: Function): string {
  const method = METHODS[(Reflect.getMetadata(METHOD, handler) as number | undefined) ?? 0] ?? '';
  const paths = [controller, handler].map((part) => {
    const path = Reflect.getMetadata(PATH, part) as string | string[] | undefined;
    return (Array.isArray(path) ? path[0] : path) ?? '';
  });
  const segments = paths.flatMap((path) => path.split('/')).filter((segment) => segment !== '');
  return `${method} /${segments.join('/')}`;
}

function isPassthrough(parameter: unknown): boolean {
  const { data } = parameter as { data?: { passthrough?: boolean } };
  return data?.passthrough === true;
}
