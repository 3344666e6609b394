import type { Server } from '@grpc/grpc-js';
import { Inject, Injectable } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { Transport, type GrpcOptions, type ServerGrpc } from '@nestjs/microservices';
import { Drain } from '../core/drain.js';
import { closeAfterShutdown, type Shutdown } from '../core/shutdown.js';
import { DRAIN, SHUTDOWN } from '../core/tokens.js';
import { CallKinds } from './call-kinds.js';
import { CallServer } from './call-server.js';
import { Health } from './health.js';
import { GRPC_OPTIONS, type DrainGrpcOptions } from './options.js';

/** What is used of Nest's server, beyond its public type. */
type NestServer = Omit<ServerGrpc, 'createClient'> & {
  options: GrpcOptions['options'];
  readonly url: string;
  createClient(): Promise<Server>;
};

/** Finds the gRPC servers of the application as Nest makes them. */
@Injectable()
export class CallServers {
  constructor(
    modules: ModulesContainer,
    private readonly kinds: CallKinds,
    @Inject(DRAIN) private readonly drain: Drain,
    @Inject(SHUTDOWN) private readonly shutdown: Shutdown,
    @Inject(GRPC_OPTIONS) private readonly options: DrainGrpcOptions,
  ) {
    modules
      .getRpcTargetRegistry<NestServer>()
      .subscribe((server) => server.transportId === Transport.GRPC && this.#attach(server));
  }

  /** Nest makes the real server when it listens, from the options it has then. */
  #attach(server: NestServer): void {
    const close = closeAfterShutdown(server, this.shutdown);
    const calls = new CallServer(server.url, this.kinds, close, this.drain);
    this.drain.listeners.add(calls);
    addInterceptor(server, calls);
    const createClient = server.createClient.bind(server);
    server.createClient = async () => {
      const bound = await createClient();
      calls.bound(bound);
      if (this.options.health !== false) new Health(this.drain).addTo(bound);
      return bound;
    };
  }
}

function addInterceptor(server: NestServer, calls: CallServer): void {
  const channelOptions = server.options.channelOptions as { interceptors?: unknown[] } | undefined;
  const interceptors = [calls.interceptor, ...(channelOptions?.interceptors ?? [])];
  server.options = {
    ...server.options,
    channelOptions: { ...channelOptions, interceptors },
  };
}
