import { Module, type DynamicModule } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { Gateways, WEBSOCKET_OPTIONS, type DrainWebSocketOptions } from './gateways.js';
import { checkOptions, oneOf } from '../core/option-checks.js';

/**
 * Lets the drain know every client of every gateway, whether ws or socket.io serves it. Import it
 * once, beside `GracefulShutdownModule`; `forRoot()` only for options.
 *
 * Clients of a gateway finish the messages they wait for and are closed then; those of a gateway
 * with `@DrainableStream({ kind: 'subscription' })` on its class are closed at once, in waves.
 */
@Module({
  imports: [DiscoveryModule],
  providers: [Gateways, { provide: WEBSOCKET_OPTIONS, useValue: {} }],
})
export class DrainWebSocketModule {
  /** @throws InvalidDrainOptionsError for options that do not exist or cannot work. */
  static forRoot(options: DrainWebSocketOptions = {}): DynamicModule {
    checkOptions('DrainWebSocketModule', options, { closeCode: oneOf(1001, 1012) });
    return {
      module: DrainWebSocketModule,
      providers: [{ provide: WEBSOCKET_OPTIONS, useValue: options }],
    };
  }
}
