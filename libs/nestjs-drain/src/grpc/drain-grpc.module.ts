import { Module, type DynamicModule } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { CallServers, GRPC_OPTIONS, type DrainGrpcOptions } from './call-servers.js';
import { checkOptions, flag } from '../core/option-checks.js';

/**
 * Lets the drain know every gRPC call of the application, of `createMicroservice()` and of each
 * `connectMicroservice()`. Import it once, beside `GracefulShutdownModule`; `forRoot()` only for options.
 * `@DrainableStream({ kind: 'subscription' })` on a controller makes endless streams of its streaming
 * methods: they are told at once, not waited for.
 */
@Module({
  imports: [DiscoveryModule],
  providers: [CallServers, { provide: GRPC_OPTIONS, useValue: {} }],
})
export class DrainGrpcModule {
  /** @throws InvalidDrainOptionsError for options that do not exist or cannot work. */
  static forRoot(options: DrainGrpcOptions = {}): DynamicModule {
    checkOptions('DrainGrpcModule', options, { health: flag });
    return {
      module: DrainGrpcModule,
      providers: [{ provide: GRPC_OPTIONS, useValue: options }],
    };
  }
}
