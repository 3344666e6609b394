import type { Server } from 'node:net';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { Drain } from '../core/drain.js';
import { DRAIN } from '../core/token.js';
import { Connections } from './connections.js';

/** Watches the application's HTTP server, where it has one. */
@Injectable()
export class HttpConnections implements OnModuleInit {
  constructor(
    private readonly adapterHost: HttpAdapterHost,
    @Inject(DRAIN) private readonly drain: Drain,
  ) {}

  onModuleInit(): void {
    const adapter = this.adapterHost.httpAdapter as { getHttpServer(): Server } | undefined;
    if (adapter) this.drain.listeners.add(new Connections(adapter.getHttpServer(), this.drain));
  }
}
