import { Inject, Injectable } from '@nestjs/common';
import { DiscoveryService, MetadataScanner, ModulesContainer } from '@nestjs/core';
import {
  asGrpcServer,
  checkGrpc,
  extendServer,
  rpcNamesOf,
  type NestGrpcServer,
  type RpcName,
} from '../compat/grpc.js';
import { closeAfterShutdown, findServers } from '../compat/nest-microservices.js';
import { Drain } from '../core/drain.js';
import type { Shutdown } from '../core/shutdown.js';
import type { StreamKind } from '../core/stream.js';
import { DRAIN, DRAINABLE_STREAM, SHUTDOWN } from '../core/tokens.js';
import { CallServer } from './call-server.js';
import { Health } from './health.js';

export const GRPC_OPTIONS = Symbol.for('nestjs-drain.GrpcOptions');

export interface DrainGrpcOptions {
  /**
   * Whether the standard health service, `grpc.health.v1.Health`, is served: NOT_SERVING from the
   * first moment of the shutdown for the server and each of its services, and always SERVING for the
   * service name `liveness`. `false` if you serve one of your own. Default true.
   */
  health?: boolean;
}

/** Finds the gRPC servers of the application as Nest makes them. */
@Injectable()
export class CallServers {
  readonly #scanner = new MetadataScanner();
  readonly #kinds = new Map<string, StreamKind>();

  constructor(
    modules: ModulesContainer,
    private readonly discovery: DiscoveryService,
    @Inject(DRAIN) private readonly drain: Drain,
    @Inject(SHUTDOWN) private readonly shutdown: Shutdown,
    @Inject(GRPC_OPTIONS) private readonly options: DrainGrpcOptions,
  ) {
    checkGrpc();
    findServers(modules, (server) => {
      const grpcServer = asGrpcServer(server);
      if (grpcServer) this.#attach(grpcServer);
    });
  }

  #attach(server: NestGrpcServer): void {
    const close = closeAfterShutdown(server, this.shutdown, this.drain);
    const calls = new CallServer(server.url, (method) => this.#kindOf(method), close, this.drain);
    this.drain.listeners.add(calls);
    extendServer(server, calls.interceptor, (made) => {
      calls.bound(made);
      if (this.options.health !== false) new Health(this.drain).addTo(made);
    });
  }

  /**
   * What `@DrainableStream()` says of the controller's method that handles a call, or of the controller.
   * @param path such as `/chat.Chat/Watch`. Undecorated and unary methods are `finite`.
   */
  #kindOf({ path, responseStream }: { path: string; responseStream: boolean }): StreamKind {
    if (!responseStream) return 'finite';
    const kind = this.#kinds.get(path) ?? this.#declaredKindOf(path);
    this.#kinds.set(path, kind);
    return kind;
  }

  #declaredKindOf(path: string): StreamKind {
    const [service = '', method] = path.split('/').slice(1);
    // Nest accepts a service's full name and its name within the package.
    const handles = ({ service: name, rpc }: RpcName): boolean =>
      rpc === method && (service === name || service.endsWith(`.${name}`));
    for (const { metatype } of this.discovery.getControllers()) {
      if (!metatype) continue;
      const prototype = metatype.prototype as Record<string, unknown>;
      const name = this.#scanner
        .getAllMethodNames(prototype)
        .find((candidate) => rpcNamesOf(prototype[candidate]).some(handles));
      if (name !== undefined) {
        return declaredKind(prototype[name]) ?? declaredKind(metatype) ?? 'finite';
      }
    }
    return 'finite';
  }
}

function declaredKind(target: unknown): StreamKind | undefined {
  const declared = Reflect.getMetadata(DRAINABLE_STREAM, target as object) as
    { kind?: StreamKind } | undefined;
  return declared?.kind;
}
