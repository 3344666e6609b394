import { Module, type DynamicModule } from '@nestjs/common';
import { register, type Registry } from 'prom-client';
import type { Drain } from '../core/drain.js';
import { DRAIN } from '../core/tokens.js';
import { DrainMetrics } from './drain-metrics.js';
import { metricsController } from './metrics.controller.js';

export interface DrainMetricsOptions {
  /** Where your application keeps its metrics. Default: prom-client's global `register`. */
  registry?: Registry;
  /** What every name starts with. Default `nestjs_drain_`. */
  prefix?: string;
  /** The route that serves the registry; `false` if you have one already. Default `metrics`. */
  path?: string | false;
}

const modules = new WeakMap<Registry, Map<string, DynamicModule>>();

/**
 * The drain's metrics in your prom-client registry, and a route that serves it until the listener
 * closes. Needs GracefulShutdownModule, global as it is by default. Imported twice it counts once.
 */
@Module({})
export class DrainMetricsModule {
  static forRoot({
    registry = register,
    prefix = 'nestjs_drain_',
    path = 'metrics',
  }: DrainMetricsOptions = {}): DynamicModule {
    // Nest knows a module that is imported twice by its identity.
    const known = modules.get(registry) ?? new Map<string, DynamicModule>();
    const key = JSON.stringify([prefix, path]);
    const module = known.get(key) ?? describe(registry, prefix, path);
    modules.set(registry, known.set(key, module));
    return module;
  }
}

function describe(registry: Registry, prefix: string, path: string | false): DynamicModule {
  return {
    module: DrainMetricsModule,
    controllers: path === false ? [] : [metricsController(registry, path)],
    providers: [
      {
        provide: DrainMetrics,
        inject: [DRAIN],
        useFactory: (drain: Drain) => DrainMetrics.in(registry, prefix).observe(drain),
      },
    ],
  };
}
