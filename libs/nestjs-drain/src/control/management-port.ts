import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Server as NetServer } from 'node:net';
import {
  Inject,
  Injectable,
  SetMetadata,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { DrainLog } from '../compat/nest-logger.js';
import { ManagementRoutes } from '../compat/management-routes.js';
import { requireParentheses } from '../compat/parentheses.js';
import { Drain } from '../core/drain.js';
import { InvalidDrainOptionsError } from '../core/options.js';
import type { Listener } from '../core/shutdown.js';
import { DRAIN, MANAGEMENT, MANAGEMENT_ROUTES } from '../core/tokens.js';
import { ManagementFront } from './management-front.js';
import { CONTROL_OPTIONS, type ControlOptions } from './options.js';

/**
 * Moves a controller of your own, such as a health check or a metrics route, to the management port.
 * Without `control.port` it changes nothing.
 */
export function Management(): ClassDecorator;
export function Management(...given: unknown[]): ClassDecorator {
  requireParentheses('Management', given);
  return SetMetadata(MANAGEMENT, true);
}

/**
 * A second way in, for the operator, the kubelet and Prometheus: the management routes, and behind
 * them the application's controllers with `@Management()` (docs/decisions/0007-management-port.md).
 */
@Injectable()
export class ManagementPort implements OnApplicationBootstrap, OnApplicationShutdown, Listener {
  readonly #logger = new DrainLog('GracefulShutdown');
  readonly #options: Pick<ControlOptions, 'port' | 'host'>;
  readonly #answers = new Set<ServerResponse>();
  #server: Server | undefined;
  #isServing = false;

  constructor(
    @Inject(CONTROL_OPTIONS) options: ControlOptions | false,
    @Inject(DRAIN) private readonly drain: Drain,
    @Inject(MANAGEMENT_ROUTES) private readonly routes: ManagementRoutes,
    private readonly front: ManagementFront,
    private readonly adapterHost: HttpAdapterHost,
  ) {
    this.#options = options || {};
    const { port } = this.#options;
    if (port === undefined || (Number.isInteger(port) && port >= 0 && port <= 65_535)) return;
    throw new InvalidDrainOptionsError([
      `\`control.port\` is ${port}; set a port from 0 to 65535.`,
    ]);
  }

  /** Binds before the application listens, so that a port that is taken fails the start. */
  async onApplicationBootstrap(): Promise<void> {
    const { port, host } = this.#options;
    if (port === undefined) return;
    const adapter = this.adapterHost.httpAdapter as { getHttpServer(): NetServer } | undefined;
    if (!adapter) {
      throw new InvalidDrainOptionsError([
        '`control.port` needs an HTTP application, whose start it waits for; create the application ' +
          'with NestFactory.create(), or leave `control.port` out.',
      ]);
    }
    adapter.getHttpServer().once('listening', () => (this.#isServing = true));
    const server = createServer((request, response) => this.#onRequest(request, response));
    server.listen({ port, host });
    await once(server, 'listening').catch((error: unknown) => {
      throw new InvalidDrainOptionsError([listenProblem(error)], undefined, { cause: error });
    });
    // By itself it is no reason to go on living.
    server.unref();
    this.#server = server;
    this.drain.listeners.add(this);
    const { address, port: bound } = server.address() as AddressInfo;
    this.#logger.log(
      `Probes and shutdown routes are on port ${bound} of ${address === '::' ? 'all addresses' : address}`,
    );
  }

  /**
   * It goes on answering; only what it is answering now, such as `wait`, is given time to leave. In
   * development the next process wants its port.
   */
  async stop(deadline: number): Promise<void> {
    const { clock, options } = this.drain;
    if (options.development) this.#server?.close();
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

  #onRequest(request: IncomingMessage, response: ServerResponse): void {
    this.#answers.add(response);
    response.once('close', () => this.#answers.delete(response));
    if (!this.#isServing) response.writeHead(503).end();
    else if (this.routes.answer({ request, response, port: 'management', isUnixSocket: false }))
      return;
    else if (!this.front.forward(request, response)) response.writeHead(404).end();
  }
}

/** Node's own message has the port and the address, and not the option that set them. */
function listenProblem(error: unknown): string {
  const { message, code } = error as NodeJS.ErrnoException;
  const remedy =
    code === 'EADDRINUSE'
      ? 'another process, or another Nest application in this process, listens there, such as a second replica on ' +
        'this machine: end it, or set another port (0 takes a free one)'
      : 'set another `control.port` or `control.host`';
  return `\`control.port\` cannot be opened (${message}); ${remedy}.`;
}
