import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { Inject, Injectable, Optional } from '@nestjs/common';
import { rawOf } from '../compat/fastify.js';
import { listenFirst } from '../compat/look.js';
import { refuseSocket } from '../compat/ws.js';
import { Drain } from '../core/drain.js';
import { checkOptions, required, text, type OptionChecks } from '../core/option-checks.js';
import { isLastAnswer } from '../core/stream-registry.js';
import type { Admission, OpenStream, StreamKind } from '../core/stream.js';
import { DRAIN, FAREWELL, HEARTBEATS } from '../core/tokens.js';
import { checkExchange, checkUpgrade } from './admission-arguments.js';
import { defaultFarewell, type Farewell } from './farewell.js';
import type { Heartbeats } from './heartbeats.js';
import { decide, decisionOf, forget, HttpTransport, type HttpStream } from './http-stream.js';
import { type DeclaredStream, streamChecks } from './stream-route.js';
import { answerRefused } from './refusals.js';
import { ResponseStream } from './response-stream.js';
import { UpgradedSocket } from './upgraded-socket.js';

/** What a stream outside a controller is. */
export interface ResponseStreamOptions {
  /** A pattern such as `GET /events`, never an id: it becomes a metrics label. */
  route: string;
  /** As in `@DrainableStream()`. Default `finite`. */
  kind?: StreamKind;
  /** As in `@DrainableStream()`. Default: the module's `farewell`. */
  farewell?: Farewell;
  /** As in `@DrainableStream()`. Default: the module's `heartbeat`. */
  heartbeat?: number | false;
  /** Names the stream in events, logs and farewells. Default: a running number, in base 36. */
  id?: string;
}

/** What a WebSocket without a gateway is. It has no farewell but its close frame, and no heartbeat. */
export type UpgradeOptions = Omit<ResponseStreamOptions, 'farewell' | 'heartbeat'>;

const { kind, farewell, heartbeat } = streamChecks;
const route = required(text, 'set a pattern, such as "GET /events"');
const upgradeChecks: OptionChecks = { route, kind, id: text };
const admissionChecks: OptionChecks = { ...upgradeChecks, farewell, heartbeat };

/**
 * Makes any response a stream that the drain knows, without a controller: in Express' middleware, in a Fastify hook,
 * around a mounted handler (an MCP server, tRPC) or a proxy. Inject it, or get it by `app.get(StreamAdmission)`.
 */
@Injectable()
export class StreamAdmission {
  constructor(
    @Inject(DRAIN) private readonly drain: Drain,
    @Optional() @Inject(FAREWELL) private readonly farewell?: Farewell,
    @Optional() @Inject(HEARTBEATS) private readonly heartbeats?: Heartbeats,
  ) {}

  /**
   * Admits the request before anything is sent, or answers it: 503 with `Retry-After`, and an EventSource of a
   * subscription 200 with `retry:`. When the drain ends the stream, an event stream gets `retry:` or its farewell,
   * another one its farewell in bytes. What application code writes behind such an end, or behind the answer to a
   * refused request, is dropped.
   * @param request Node's own, or Express', or Fastify's; so is `response`
   * @returns the stream, whose `signal` aborts when the drain ends it or its client leaves; undefined if the request
   * was refused, and answered. For a request that is a stream already, such as that of a `@DrainableStream()` route or
   * of an earlier call, the stream that it is; the options of this call count for nothing then.
   * @throws TypeError when `request` or `response` is something else, or the two are swapped
   * @throws InvalidDrainOptionsError when an option is missing, unknown or wrong
   */
  open(request: object, response: object, options: ResponseStreamOptions): OpenStream | undefined {
    checkExchange([request, response]);
    const [raw, rawResponse] = [
      rawOf(request) as IncomingMessage,
      rawOf(response) as ServerResponse,
    ];
    const known = decisionOf(raw);
    if (known && 'admitted' in known) return known;
    checkOptions('StreamAdmission.open()', options, admissionChecks);
    const { kind = 'finite', ...rest } = options;
    const declared = { ...rest, kind, isLastAnswer: isLastAnswer(raw) };
    const admission = this.admit(declared, request as IncomingMessage, rawResponse);
    if (!admission.admitted) {
      (response as { hijack?: () => void }).hijack?.();
      answerRefused(raw, rawResponse, { kind, ...admission });
      return undefined;
    }
    ResponseStream.watch(admission);
    return admission;
  }

  /**
   * Admits a WebSocket that no gateway serves, such as a proxied one, before its handshake is answered; or answers it
   * with 503 and `Retry-After`. When the drain ends it (a `subscription` at once, in waves, a `finite` one at the
   * deadline), its client gets the close code 1012 between two frames.
   * @param request of the server's event `upgrade`; so is `socket`
   * @returns the stream; undefined if the request was refused, and answered. What is then still written to the socket is
   * dropped.
   * @throws TypeError when `request` or `socket` is something else, or the two are swapped
   * @throws InvalidDrainOptionsError when an option is missing, unknown or wrong
   */
  openUpgrade(
    request: IncomingMessage,
    socket: Duplex,
    options: UpgradeOptions,
  ): OpenStream | undefined {
    checkUpgrade([request, socket]);
    checkOptions('StreamAdmission.openUpgrade()', options, upgradeChecks);
    const transport = new UpgradedSocket(request, socket, this.drain);
    const { kind = 'finite', ...rest } = options;
    const admission = this.drain.streams.admit({ ...rest, kind }, transport);
    if (!admission.admitted) {
      refuseSocket(socket, admission.retryAfter);
      return undefined;
    }
    this.drain.upgrades.claim(socket);
    transport.follow(admission);
    return admission;
  }

  /**
   * One synchronous step: counted and remembered of the request, or refused.
   * @param request a framework's, or Node's own
   * @param response Node's own
   */
  admit(
    declared: DeclaredStream,
    request: IncomingMessage,
    response: ServerResponse,
  ): Admission<HttpTransport> {
    const transport = new HttpTransport(
      declared.kind,
      declared.farewell ?? this.farewell ?? defaultFarewell,
      this.drain.options.retryAfter,
      request,
      response,
    );
    const admission = this.drain.streams.admit(declared, transport);
    if (!admission.admitted) return admission;
    decide(request, admission);
    transport.stopHeartbeats = this.heartbeats?.keep(transport, declared.heartbeat);
    this.#releaseOnClose(admission);
    return admission;
  }

  /** A stream goes on where another connection had to stop. */
  announceResumed(stream: HttpStream): void {
    this.drain.events.emit({ type: 'resumed', stream });
  }

  /** Only the close of the response says that the last bytes have left, or are lost. */
  #releaseOnClose(stream: HttpStream): void {
    const { transport } = stream;
    const { response } = transport;
    if (transport.isGone) release(stream, false);
    else if (transport.isWaiting) releaseBehindOthers(stream);
    // Not `once`, which costs a wrapper: a response closes once anyway.
    else listenFirst(response, 'close', () => release(stream, stream.transport.isDelivered));
    // It is a stream from here on, not a plain request. While serving, requests are not told of, but asked for.
    const { requests } = this.drain;
    if (requests.isClosed) requests.leave(response);
  }
}

function release(stream: HttpStream, isDelivered: boolean): void {
  const { transport } = stream;
  transport.stopHeartbeats?.();
  stream.release(isDelivered);
  forget(transport);
}

/** The streams that wait behind another response of their connection. */
const waiting = new WeakMap<Socket, Set<HttpStream>>();

/** On Node 20 the response of one that waits never closes if the socket goes first. */
function releaseBehindOthers(stream: HttpStream): void {
  const { request, response } = stream.transport;
  const others = waiting.get(request.socket) ?? watchWaiting(request.socket);
  others.add(stream);
  response.prependListener('close', () => {
    others.delete(stream);
    release(stream, stream.transport.isDelivered);
  });
}

/** One listener for all of a connection: a client may send many requests at once. */
function watchWaiting(socket: Socket): Set<HttpStream> {
  const streams = new Set<HttpStream>();
  waiting.set(socket, streams);
  socket.prependOnceListener('close', () => {
    for (const stream of streams) release(stream, stream.transport.isDelivered);
  });
  return streams;
}
