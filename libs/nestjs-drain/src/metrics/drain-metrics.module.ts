import { Module, type DynamicModule } from '@nestjs/common';
import type { Registry } from 'prom-client';
import type { Drain } from '../core/drain.js';
import { forRootDone, requireForRoot } from '../compat/for-root.js';
import type { ManagementRoute, ManagementRoutes } from '../compat/management-routes.js';
import { ifInstalled } from '../compat/optional-package.js';
import { DRAIN, MANAGEMENT_ROUTES } from '../core/tokens.js';
import {
  checkOptions,
  routePath,
  unlessFalse,
  withMethods,
  type OptionCheck,
} from '../core/option-checks.js';

export interface DrainMetricsOptions {
  /** Where your application keeps its metrics. Default: prom-client's global `register`. */
  registry?: Registry;
  /** What every name starts with. Default `nestjs_drain_`. */
  prefix?: string;
  /** The route that serves the registry; `false` if you have one already. Default `metrics`. */
  path?: string | false;
}

/** The characters of a Prometheus metric's name. */
const metricPrefix: OptionCheck = (name, value) =>
  typeof value === 'string' && /^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(value)
    ? []
    : [
        `\`${name}\` is ${JSON.stringify(value)}; set letters, digits, _ and :, and no digit first.`,
      ];

const METRICS = Symbol.for('nestjs-drain.DrainMetrics');

/** By its path. A feature module may import the metrics too. */
const scrapes = new WeakMap<Registry, Map<string, ManagementRoute>>();

/**
 * The drain's metrics in your prom-client registry, and a route that serves it until the listener
 * closes. Needs GracefulShutdownModule, global as it is by default. Imported twice it counts once.
 */
@Module({ providers: [requireForRoot('DrainMetricsModule')] })
export class DrainMetricsModule {
  /** @throws InvalidDrainOptionsError for options that do not exist or cannot work. */
  static forRoot(options: DrainMetricsOptions = {}): DynamicModule {
    checkOptions('DrainMetricsModule', options, {
      registry: withMethods('registerMetric', 'metrics'),
      prefix: metricPrefix,
      path: unlessFalse(routePath),
    });
    const { registry, prefix = 'nestjs_drain_', path = 'metrics' } = options;
    return {
      module: DrainMetricsModule,
      providers: [
        forRootDone,
        {
          provide: METRICS,
          inject: [DRAIN, MANAGEMENT_ROUTES],
          useFactory: async (drain: Drain, routes: ManagementRoutes) => {
            const { DrainMetrics } = await ifInstalled(
              import('./drain-metrics.js'),
              'the metrics need prom-client: run `npm install prom-client`, or leave DrainMetricsModule out.',
              'DrainMetricsModule',
            );
            const metrics = DrainMetrics.in(registry, prefix).observe(drain);
            if (path !== false) routes.add(scrapeOf(metrics.registry, path));
            return metrics;
          },
        },
      ],
    };
  }
}

function scrapeOf(registry: Registry, path: string): ManagementRoute {
  const known = scrapes.get(registry) ?? new Map<string, ManagementRoute>();
  const route = known.get(path) ?? scrape(registry, path);
  scrapes.set(registry, known.set(path, route));
  return route;
}

/** Answered in every phase, on the management port where there is one. */
function scrape(registry: Registry, path: string): ManagementRoute {
  return {
    path,
    option: 'DrainMetricsModule.forRoot({ path })',
    async get({ response }) {
      const body = await registry.metrics();
      response.writeHead(200, { 'Content-Type': registry.contentType }).end(body);
    },
  };
}
