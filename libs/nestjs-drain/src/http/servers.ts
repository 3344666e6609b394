import type { Server } from 'node:net';
import { Server as TlsServer } from 'node:tls';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { DrainLog } from '../compat/nest-logger.js';
import { Drain } from '../core/drain.js';
import { DRAIN } from '../core/tokens.js';
import { onSecondaryServers } from '../compat/fastify.js';
import { unseenOfNode } from '../compat/node.js';
import { Connections } from './connections.js';

/** What is used of a Nest HTTP adapter. */
interface ServingAdapter {
  getHttpServer(): Server;
  getInstance(): unknown;
}

/** Watches the application's HTTP servers, where it has any. */
@Injectable()
export class HttpServers implements OnModuleInit {
  readonly #logger = new DrainLog('GracefulShutdown');

  constructor(
    private readonly adapterHost: HttpAdapterHost,
    @Inject(DRAIN) private readonly drain: Drain,
  ) {}

  onModuleInit(): void {
    const adapter = this.adapterHost.httpAdapter as ServingAdapter | undefined;
    if (!adapter) return;
    const server = adapter.getHttpServer();
    for (const unseen of unseenOfNode({ tls: server instanceof TlsServer })) {
      this.#logger.warn(
        `Node ${process.version} is not known to this version of nestjs-drain. ${unseen}`,
      );
    }
    this.#watch(server);
    onSecondaryServers(adapter.getInstance(), (servers) => this.#watchSecondary(servers));
  }

  #watchSecondary(servers: readonly Server[] | undefined): void {
    for (const server of servers ?? []) this.#watch(server);
    if (servers) return;
    this.#logger.warn(
      'This version of Fastify does not show all its servers: with the host `localhost` only the clients of its ' +
        'first address are drained. Listen on one address, such as 0.0.0.0.',
    );
  }

  #watch(server: Server): void {
    this.drain.listeners.add(new Connections(server, this.drain));
  }
}
