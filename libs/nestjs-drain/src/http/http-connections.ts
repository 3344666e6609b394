import type { Server } from 'node:net';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { Drain } from '../core/drain.js';
import { DRAIN } from '../core/tokens.js';
import { Connections } from './connections.js';
import { onSecondaryServers } from './secondary-servers.js';

/** What is used of a Nest HTTP adapter. */
interface ServingAdapter {
  getHttpServer(): Server;
  getInstance(): unknown;
}

/** Watches the application's HTTP servers, where it has any. */
@Injectable()
export class HttpConnections implements OnModuleInit {
  constructor(
    private readonly adapterHost: HttpAdapterHost,
    @Inject(DRAIN) private readonly drain: Drain,
  ) {}

  onModuleInit(): void {
    const adapter = this.adapterHost.httpAdapter as ServingAdapter | undefined;
    if (!adapter) return;
    this.#watch(adapter.getHttpServer());
    onSecondaryServers(adapter.getInstance(), (server) => this.#watch(server));
  }

  #watch(server: Server): void {
    this.drain.listeners.add(new Connections(server, this.drain));
  }
}
