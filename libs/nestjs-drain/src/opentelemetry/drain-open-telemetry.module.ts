import { Module, type DynamicModule } from '@nestjs/common';
import { metrics, trace, type MeterProvider, type TracerProvider } from '@opentelemetry/api';
import { forRootDone, requireForRoot } from '../compat/for-root.js';
import type { Drain } from '../core/drain.js';
import { DRAIN } from '../core/tokens.js';
import { instrument } from './instruments.js';
import { DrainSpan } from './drain-span.js';
import { TelemetryFlush, type Flushable } from './telemetry-flush.js';
import { checkOptions, list, withMethods } from '../core/option-checks.js';

export interface DrainOpenTelemetryOptions {
  /** Default: the global one, which has to be registered before the application is created. */
  meterProvider?: MeterProvider;
  /** Default: the global one. */
  tracerProvider?: TracerProvider;
  /**
   * What is flushed after the drain and before the process exits, such as a logger provider. Default:
   * the two providers above, where they can be flushed.
   */
  flush?: readonly Flushable[];
}

const scope = 'nestjs-drain';
const observed = new WeakSet<Drain>();

/**
 * The drain's instruments and its span in your OpenTelemetry SDK. Needs GracefulShutdownModule,
 * global as it is by default. Imported twice it counts once.
 */
@Module({ providers: [requireForRoot('DrainOpenTelemetryModule')] })
export class DrainOpenTelemetryModule {
  /** @throws InvalidDrainOptionsError for options that do not exist or cannot work. */
  static forRoot(options: DrainOpenTelemetryOptions = {}): DynamicModule {
    checkOptions('DrainOpenTelemetryModule', options, {
      meterProvider: withMethods('getMeter'),
      tracerProvider: withMethods('getTracer'),
      flush: list(withMethods('forceFlush')),
    });
    return {
      module: DrainOpenTelemetryModule,
      providers: [
        forRootDone,
        {
          provide: TelemetryFlush,
          inject: [DRAIN],
          useFactory: (drain: Drain) => observe(drain, options),
        },
      ],
    };
  }
}

function observe(drain: Drain, options: DrainOpenTelemetryOptions): TelemetryFlush {
  const meterProvider = options.meterProvider ?? metrics.getMeterProvider();
  const tracerProvider = options.tracerProvider ?? trace.getTracerProvider();
  if (!observed.has(drain)) {
    observed.add(drain);
    instrument(meterProvider.getMeter(scope), drain);
    new DrainSpan(tracerProvider.getTracer(scope), drain);
  }
  return new TelemetryFlush(options.flush ?? [tracerProvider, meterProvider]);
}
