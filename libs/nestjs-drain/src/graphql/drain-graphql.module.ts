import { Module, type DynamicModule, type NestModule } from '@nestjs/common';
import { GRAPHQL_OPTIONS, Operations, type DrainGraphQLOptions } from './operations.js';
import { checkOptions, list, text } from '../core/option-checks.js';

/**
 * Lets the drain know every GraphQL operation on a graphql-ws connection. Import it once, beside
 * `GracefulShutdownModule`; `forRoot()` only for options. Operations over HTTP are requests, which the
 * drain waits for anyway.
 *
 * While draining a connection finishes its queries, mutations and finite subscriptions, and is closed with
 * 1012 then, after which graphql-ws clients connect again and subscribe anew; one that carries nothing but
 * endless subscriptions is closed at once, in waves.
 */
@Module({
  providers: [Operations, { provide: GRAPHQL_OPTIONS, useValue: {} }],
})
export class DrainGraphQLModule implements NestModule {
  constructor(private readonly operations: Operations) {}

  /** Nest calls this when all providers are there and before any `onModuleInit`. */
  configure(): void {
    this.operations.attach();
  }

  /** @throws InvalidDrainOptionsError for options that do not exist or cannot work. */
  static forRoot(options: DrainGraphQLOptions = {}): DynamicModule {
    checkOptions('DrainGraphQLModule', options, { finite: list(text) });
    return {
      module: DrainGraphQLModule,
      providers: [{ provide: GRAPHQL_OPTIONS, useValue: options }],
    };
  }
}
