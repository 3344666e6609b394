import {
  argumentCount,
  classGuardsOf,
  isSseHandler,
  methodGuardsOf,
  parametersHost,
  routeArgumentsOf,
  routePattern,
  runPartOf,
  writesResponse,
  type Class,
  type Method,
} from '../compat/nest-routes.js';
import { isAsyncGenerator, sendsGenerators, sentAsJson } from '../compat/streamed-bodies.js';
import { format } from '../core/duration.js';
import { type HandlerRun, isLogged, type ResumableOptions } from '../core/resumption.js';
import type { StreamKind, StreamRequest } from '../core/stream.js';
import { ADMISSION_GUARD } from '../core/tokens.js';
import { type Farewell, isTextOrBytes, textOf } from './farewell.js';
import {
  callback,
  checkOptions,
  either,
  flag,
  object,
  oneOf,
  seconds,
  text,
  unchecked,
  unlessFalse,
  wholeNumber,
  type OptionCheck,
  type OptionChecks,
} from '../core/option-checks.js';

/** What `@DrainableStream()` declares. */
export interface DrainableStreamOptions<Request = unknown> {
  /**
   * `finite` (default): an answer that ends by itself; the drain lets it finish.
   * `subscription`: endless; the drain ends it at once and its client reconnects elsewhere.
   */
  kind?: StreamKind;
  /** What the stream sends when it is cancelled at the deadline. Default: the module's `farewell`. */
  farewell?: Farewell;
  /**
   * Whole seconds. An event stream (`text/event-stream`) that was silent gets a comment line (`:`) before it is silent
   * for so long, so that proxies do not cut it; clients take no comment for an event. It begins with the first bytes
   * of the answer. Answers with a `Content-Encoding` or a `Content-Length`, and other types of content, get none.
   * Default: the module's `heartbeat`. `false`: none.
   */
  heartbeat?: number | false;
  /**
   * Whether the request reads what exists already, such as an answer that is kept: that is no new work, so it is
   * served until the listener closes, also while the drain refuses new streams. Only for finite streams. Default false.
   */
  existing?: boolean | ((request: Request) => boolean);
  /** Names the stream in events, logs and farewells. Default: a running number, in base 36. */
  id?: (request: Request) => string;
  /**
   * Whether the stream outlives its connection and its pod: events are logged before they are sent, and a client
   * that comes back gets what follows its `Last-Event-ID` from any replica. For finite `@Sse()` routes; needs
   * `DrainResumeModule`. The handler may run again, on another replica: it continues from its `@StreamCursor()`.
   * `handler`: the handler logs and replays by itself, with `ResumableStreamService`; an EventSource that comes while
   * this replica drains is sent elsewhere as for every resumable route. Default false.
   */
  resumable?: boolean | 'handler' | ResumableOptions<Request>;
}

/** What the adapter of HTTP declares of a stream, besides what the registry asks for. */
export interface DeclaredStream extends StreamRequest {
  readonly farewell?: Farewell | undefined;
  readonly heartbeat?: number | false | undefined;
}

/** What is known of a decorated handler before any request comes. */
export interface StreamRoute extends DrainableStreamOptions {
  readonly kind: StreamKind;
  /** The same for all its requests, so that it is not put together for each of them. */
  readonly declared: DeclaredStream;
  /** Such as `POST /v1/responses`. */
  readonly pattern: string;
  readonly isSse: boolean;
  /** The handler writes to `@Res()`: Nest sends nothing for it. */
  readonly writesItself: boolean;
  /** How many arguments the handler gets. The request comes behind them. */
  readonly arguments: number;
  /** The arguments that each run of a resumable handler gets anew, by their index. */
  readonly runParts: readonly (readonly [number, keyof HandlerRun])[];
  /** Whether the admission guard runs before the method's own guards, and once more behind them. */
  readonly isGuardedTwice: boolean;
}

/** A client hears nothing of an event without data. */
const eventData: OptionCheck = (name, value) =>
  isWritable(value) ? [] : [`\`${name}\` is ${format(value)}; set a text, or what JSON can write.`];

function isWritable(data: unknown): boolean {
  try {
    return textOf(data) !== undefined;
  } catch {
    return false;
  }
}

const eventChecks: OptionChecks = {
  data: Object.assign(eventData, { isRequired: true }),
  id: unchecked,
  type: text,
  retry: wholeNumber(0),
  comment: text,
};
const otherWords: OptionCheck = (name, value) =>
  typeof value === 'function' || isTextOrBytes(value)
    ? []
    : [
        `\`${name}\` is ${format(value)}; set "handler", a text or a Uint8Array that is not empty, or a function.`,
      ];

/** What may be a farewell. What a function returns is looked at when it is sent. */
export const farewellCheck: OptionCheck = either(otherWords, object(eventChecks));

/** A time in milliseconds would be a heartbeat that never comes. */
export const heartbeatCheck: OptionCheck = unlessFalse(
  wholeNumber(1, 3600, 'whole number of seconds'),
);

export const streamChecks = {
  kind: oneOf('finite', 'subscription'),
  farewell: farewellCheck,
  heartbeat: heartbeatCheck,
  existing: either(flag, callback),
  id: callback,
  resumable: either(
    oneOf(true, false, 'handler'),
    object({
      background: flag,
      grace: seconds(),
      principal: callback,
      key: callback,
      failure: callback,
    }),
  ),
} satisfies OptionChecks;

/** @throws Error when what is declared cannot work on this route. */
export function describeRoute(
  controller: Class,
  name: string,
  method: Method,
  declared: DrainableStreamOptions,
): StreamRoute {
  const parameters = routeArgumentsOf(parametersHost(controller, name), name);
  const isSse = isSseHandler(method);
  const runParts = Object.values(parameters).flatMap((parameter) => {
    const part = runPartOf(parameter);
    return part ? [[parameter.index, part] as const] : [];
  });
  const title = `${controller.name}.${name}()`;
  checkOptions(`@DrainableStream() on ${title}`, declared, streamChecks);
  if (isLogged(declared) && !isSse) {
    throw new TypeError(
      `${title} is declared resumable but is no @Sse() route: make it one, or log and replay its events ` +
        'yourself with ResumableStreamService of nestjs-drain/resume.',
    );
  }
  if (!sendsGenerators && !isSse && isAsyncGenerator(method)) {
    throw new TypeError(`${title} is an async generator, and ${sentAsJson}`);
  }
  if (isSse && !isLogged(declared) && isAsyncGenerator(method)) {
    throw new TypeError(
      `${title} is an async generator, and @Sse() answers 500 to it: return an Observable, such as from(events()), ` +
        'or declare the stream resumable.',
    );
  }
  if (!declared.resumable && runParts.some(([, part]) => part === 'cursor')) {
    throw new TypeError(
      `${title} has a @StreamCursor() but no stream to resume: put @DrainableStream({ resumable: true }) on it.`,
    );
  }
  const { kind = 'finite', farewell, heartbeat } = declared;
  const pattern = routePattern(controller, method);
  return {
    ...declared,
    kind,
    declared: { kind, route: pattern, farewell, heartbeat },
    pattern,
    isSse,
    writesItself: writesResponse(parameters),
    arguments: argumentCount(parameters),
    runParts,
    isGuardedTwice:
      classGuardsOf(controller).some(isAdmissionGuard) &&
      otherGuards(methodGuardsOf(method)).length > 0,
  };
}

export function isAdmissionGuard(guard: unknown): boolean {
  return typeof guard === 'function' && ADMISSION_GUARD in guard;
}

export function otherGuards(guards: readonly unknown[]): unknown[] {
  return guards.filter((guard) => !isAdmissionGuard(guard));
}

/** On the handler itself, so that both builds of the library find it. */
const ROUTE = Symbol.for('nestjs-drain.StreamRoute');

/** Undefined for a handler that the start of the application has not found decorated. */
export function streamRouteOf(handler: object): StreamRoute | undefined {
  return (handler as { [ROUTE]?: StreamRoute })[ROUTE];
}

export function setStreamRoute(handler: object, route: StreamRoute): void {
  Object.defineProperty(handler, ROUTE, { value: route });
}

export function nothingKeepsEvents({ pattern }: StreamRoute): Error {
  return new Error(
    `${pattern} is resumable, but nothing keeps its events: import DrainResumeModule.forRoot({ store }) ` +
      'of nestjs-drain/resume in the root module.',
  );
}
