import type { IncomingMessage, ServerResponse } from 'node:http';
import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { DrainLog } from '../compat/nest-logger.js';
import { wholeSeconds } from '../core/duration.js';
import { rawOf } from '../compat/fastify.js';
import type { Drain } from '../core/drain.js';
import { isLastAnswer } from '../core/stream-registry.js';
import {
  ContinuedElsewhereError,
  isLogged,
  type ResumableOptions,
  type Resumption,
} from '../core/resumption.js';
import { ADMISSION_GUARD, DRAIN, FAREWELL, HEARTBEATS, RESUMPTION } from '../core/tokens.js';
import { isEventSource } from './event-stream.js';
import { HeadAnswer } from './head-answer.js';
import {
  countRun,
  decide,
  type Decision,
  decisionOf,
  type HttpStream,
  type HttpTransport,
  isAnswerer,
  streamOf,
} from './http-stream.js';
import { ReconnectAnswer, StreamRefusedException } from './refusals.js';
import { ResponseStream } from './response-stream.js';
import { ResumableAnswer } from './resumable-answer.js';
import { StreamAdmission } from './stream-admission.js';
import {
  type DeclaredStream,
  nothingKeepsEvents,
  streamRouteOf,
  type StreamRoute,
} from './stream-route.js';

/** What a guard finds of its application; nothing where GracefulShutdownModule is not imported. */
interface Application {
  readonly drain: Drain;
  readonly admission: StreamAdmission;
  readonly resumption: Resumption | undefined;
  readonly retryAfter: number;
}

/**
 * Admits or refuses a request of a `@DrainableStream()` route, in one synchronous step, behind all other guards of
 * the route. In an application without GracefulShutdownModule it lets everything pass.
 * @throws StreamRefusedException (503) from the moment the drain closed.
 */
@Injectable()
export class AdmissionGuard implements CanActivate {
  static readonly [ADMISSION_GUARD] = true;
  readonly #logger = new DrainLog('GracefulShutdown');
  #application: Application | undefined;
  #isSaid = false;

  constructor(private readonly module: ModuleRef) {}

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    // Guards also run for gateways and message handlers; their entries admit for themselves.
    if (context.getType() !== 'http') return true;
    const route = streamRouteOf(context.getHandler());
    const application = (this.#application ??= this.#find());
    if (!application) this.#sayInert(context);
    if (!route || !application) return true;
    // `switchToHttp()` would make three functions for each request.
    const framework = context.getArgByIndex<IncomingMessage>(0);
    const known = decisionOf(framework);
    if (known && isLogged(route)) refuseOpened(known, route);
    if (known || !isLastGuard(framework, route)) return true;
    const response = rawOf(context.getArgByIndex<ServerResponse>(1));
    const declared = declaredOf(route, framework, application);
    const admission = application.admission.admit(declared, framework, response);
    if (!admission.admitted) return refuse(route, framework, response, admission);
    // The handler's events are watched. An interceptor may answer with its own; Nest writes each in one piece.
    if (route.isSse) admission.transport.watchUnobserved = watchUnobserved;
    if (!isLogged(route)) return true;
    return this.#locate(admission, route, framework, application);
  }

  /** Behind the guards and before the pipes, which see the input that the stream was started with. */
  async #locate(
    stream: HttpStream,
    route: StreamRoute,
    framework: object,
    { admission, resumption, retryAfter }: Application,
  ): Promise<boolean> {
    const { request, response } = stream.transport;
    if (!resumption) {
      throw nothingKeepsEvents(route);
    }
    const options = resumableOptionsOf(route);
    const exchange = { stream, options, route: route.pattern, request: framework, response };
    try {
      const located = await resumption.locate(exchange);
      if (request.method === 'HEAD') {
        decide(framework, new HeadAnswer(stream));
        return true;
      }
      if (located) admission.announceResumed(stream);
      decide(framework, new ResumableAnswer(stream, route, exchange, located, resumption));
      return true;
    } catch (error) {
      if (!(error instanceof ContinuedElsewhereError)) throw error;
      return refuse(route, framework, response, { reason: 'draining', retryAfter }, stream);
    }
  }

  /** Where the library is not imported, only a request can say so: no part of it starts. */
  #sayInert(context: ExecutionContext): void {
    if (this.#isSaid) return;
    this.#isSaid = true;
    this.#logger.warn(
      `@DrainableStream() on ${context.getClass().name}.${context.getHandler().name}() does nothing: import GracefulShutdownModule.forRoot() in the ` +
        'root module.',
    );
  }

  /** Late: the application's Drain may be made after this guard. */
  #find(): Application | undefined {
    const drain = this.#get<Drain>(DRAIN);
    if (!drain) return undefined;
    return {
      drain,
      admission: new StreamAdmission(drain, this.#get(FAREWELL), this.#get(HEARTBEATS)),
      resumption: this.#get<Resumption>(RESUMPTION),
      retryAfter: drain.options.retryAfter,
    };
  }

  #get<T>(token: symbol): T | undefined {
    try {
      return this.module.get<T>(token, { strict: false });
    } catch {
      return undefined;
    }
  }
}

/** What was opened by hand is logged by nothing. */
function refuseOpened(known: Decision, { pattern }: StreamRoute): void {
  if (isAnswerer(known)) return;
  throw new Error(
    `${pattern} is resumable, and its request was opened before by StreamAdmission.open(): leave that out for this route.`,
  );
}

/** Runs are counted only where there are two. */
function isLastGuard(request: object, { isGuardedTwice }: StreamRoute): boolean {
  return !isGuardedTwice || countRun(request) > 1;
}

/** One for all requests. */
function watchUnobserved({ request }: HttpTransport): void {
  const stream = streamOf(request);
  if (stream) ResponseStream.watch(stream);
}

/** Only a shutdown makes differences between the requests of a route. */
function declaredOf(
  route: StreamRoute,
  framework: IncomingMessage,
  { drain, resumption }: Application,
): DeclaredStream {
  const declared = route.id ? { ...route.declared, id: route.id(framework) } : route.declared;
  if (!drain.isShuttingDown) return declared;
  const isEager = route.resumable && resumption?.handOffTime === 'eager';
  return {
    ...declared,
    isExisting: readsExisting(route, framework, resumption),
    isLastAnswer: isLastAnswer(rawOf(framework)) && !isEager,
  };
}

function readsExisting(
  route: StreamRoute,
  framework: object,
  resumption: Resumption | undefined,
): boolean {
  const { existing = false } = route;
  if (isLogged(route) && resumption?.isOnlyHere(framework, resumableOptionsOf(route))) return true;
  return typeof existing === 'function' ? existing(framework) : existing;
}

function resumableOptionsOf({ resumable }: StreamRoute): ResumableOptions {
  return typeof resumable === 'object' ? resumable : {};
}

function refuse(
  route: StreamRoute,
  framework: object,
  response: ServerResponse,
  { reason, retryAfter }: { reason: string; retryAfter: number },
  stream?: HttpStream,
): boolean {
  const request = rawOf(framework) as IncomingMessage;
  if ((route.kind === 'subscription' || route.resumable) && isEventSource(request)) {
    decide(framework, new ReconnectAnswer(route, request, response, retryAfter, stream));
    return true;
  }
  response.setHeader('Retry-After', wholeSeconds(retryAfter));
  throw new StreamRefusedException(reason, retryAfter);
}
