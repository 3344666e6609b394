import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  Inject,
  Injectable,
  Logger,
  NotFoundException,
  type MiddlewareConsumer,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type Type,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { Drain } from '../core/drain.js';
import type { Listener } from '../core/shutdown.js';
import { InvalidDrainOptionsError } from '../core/options.js';
import { DRAIN } from '../core/tokens.js';
import { ManagementRoutes } from './management-routes.js';
import { CONTROL_ACCESS, type ControlAccess } from './options.js';
import { routerOf, type Router, type RoutingAdapter } from './router.js';

/**
 * A second way in to the application's own router, for whoever watches and steers this process. Only
 * routes marked with `@Management()` answer there, and they answer nowhere else
 * (docs/decisions/0007-management-port.md).
 */
@Injectable()
export class ManagementPort implements OnApplicationBootstrap, OnApplicationShutdown, Listener {
  readonly #logger = new Logger('GracefulShutdown');
  readonly #requests = new WeakSet<IncomingMessage>();
  readonly #answers = new Set<ServerResponse>();
  #server: Server | undefined;
  #isServing = false;

  constructor(
    @Inject(CONTROL_ACCESS) private readonly options: ControlAccess,
    @Inject(DRAIN) private readonly drain: Drain,
    private readonly routes: ManagementRoutes,
    private readonly adapterHost: HttpAdapterHost,
  ) {
    const { port } = options;
    if (port === undefined || (Number.isInteger(port) && port >= 0 && port <= 65_535)) return;
    throw new InvalidDrainOptionsError([
      `\`control.port\` is ${port}; set a port from 0 to 65535.`,
    ]);
  }

  /** Takes the marked routes away from the traffic port, before any guard of the application's. */
  hideFromTraffic(consumer: MiddlewareConsumer): void {
    if (this.options.port === undefined) return;
    const hide = (request: IncomingMessage, _response: unknown, next: () => void): void => {
      if (this.#requests.has(request)) return next();
      const { originalUrl = request.url } = request as { originalUrl?: string };
      throw new NotFoundException(`Cannot ${request.method} ${originalUrl}`);
    };
    consumer.apply(hide).forRoutes(...(this.routes.controllers as Type[]));
  }

  /** Binds before the application listens, so that a port that is taken fails the start. */
  async onApplicationBootstrap(): Promise<void> {
    const { port, host } = this.options;
    if (port === undefined) return;
    const adapter = this.adapterHost.httpAdapter as RoutingAdapter | undefined;
    const router = routerOf(adapter);
    adapter?.getHttpServer().once('listening', () => (this.#isServing = true));
    const server = createServer((request, response) => this.#onRequest(request, response, router));
    server.listen({ port, host });
    await once(server, 'listening');
    // By itself it is no reason to go on living.
    server.unref();
    this.#server = server;
    this.drain.listeners.add(this);
    const { address, port: bound } = server.address() as AddressInfo;
    this.#logger.log(`Probes and shutdown routes are on port ${bound} of ${address}`);
  }

  /** It goes on answering; only what it is answering now, such as `wait`, is given time to leave. */
  async stop(deadline: number): Promise<void> {
    const { clock, options } = this.drain;
    const longest = Math.min(deadline - clock.now(), options.flushTimeout * 1000);
    const leaving = [...this.#answers].map((answer) => once(answer, 'close'));
    let cancel = (): void => undefined;
    const bound = new Promise<void>((resolve) => (cancel = clock.schedule(longest, resolve)));
    await Promise.race([Promise.allSettled(leaving), bound]);
    cancel();
  }

  /** After a signal the process exits by itself, and is watched until it has. */
  onApplicationShutdown(signal?: string): void {
    if (signal !== undefined) return;
    this.#server?.close();
    this.#server?.closeAllConnections();
  }

  #onRequest(request: IncomingMessage, response: ServerResponse, router: Router): void {
    if (!this.#isServing || !this.routes.include(request.url ?? '')) {
      response.writeHead(this.#isServing ? 404 : 503).end();
      return;
    }
    this.#requests.add(request);
    this.#answers.add(response);
    response.once('close', () => this.#answers.delete(response));
    router(request, response);
  }
}
