import { Module, type DynamicModule } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { CallKinds } from './call-kinds.js';
import { CallServers } from './call-servers.js';
import { GRPC_OPTIONS } from './options.js';

export interface DrainGrpcOptions {
  /**
   * Whether the standard health service, `grpc.health.v1.Health`, is served: NOT_SERVING from the
   * first moment of the shutdown for the server and each of its services, and always SERVING for the
   * service name `liveness`. `false` if you serve one of your own. Default true.
   */
  health?: boolean;
}

/**
 * Lets the drain know every gRPC call of the application, of `createMicroservice()` and of each
 * `connectMicroservice()`. Import it once, beside `GracefulShutdownModule`; `forRoot()` only for options.
 * `@DrainableStream({ kind: 'subscription' })` on a controller makes endless streams of its streaming
 * methods: they are told at once, not waited for.
 */
@Module({
  imports: [DiscoveryModule],
  providers: [CallServers, CallKinds, { provide: GRPC_OPTIONS, useValue: {} }],
})
export class DrainGrpcModule {
  static forRoot(options: DrainGrpcOptions = {}): DynamicModule {
    return {
      module: DrainGrpcModule,
      providers: [{ provide: GRPC_OPTIONS, useValue: options }],
    };
  }
}
