import { Gauge, Histogram, register, type Registry } from 'prom-client';
import type { Drain } from '../core/drain.js';
import {
  drainDuration,
  durationBuckets,
  phase,
  phases,
  type Reading,
  readings,
} from '../core/metric-definitions.js';
import { prometheusName, StreamMetrics } from './stream-metrics.js';

/** Where a registry keeps what is registered in it already. Global, so that the two builds meet. */
const METRICS = Symbol.for('nestjs-drain.Metrics');

type Marked = Registry & { [METRICS]?: Map<string, DrainMetrics> };

/**
 * The drain in a Prometheus registry. What can be read at a scrape is read at the scrape; only
 * totals and durations are written as streams come and go.
 */
export class DrainMetrics {
  readonly #streams: StreamMetrics;
  readonly #duration: Histogram<'outcome'>;
  /** A process has one; where tests start several applications, the last one is shown. */
  #drain: Drain | undefined;

  private constructor(
    readonly registry: Registry,
    private readonly prefix: string,
  ) {
    this.#streams = new StreamMetrics(registry, prefix, () => this.#drain);
    this.#duration = new Histogram({
      name: prometheusName(prefix, drainDuration),
      help: drainDuration.help,
      labelNames: ['outcome'],
      buckets: [...durationBuckets],
      registers: [registry],
    });
    this.#phase();
    for (const reading of readings) this.#gauge(reading);
  }

  /** The metrics in this registry, by default prom-client's global one; asked for twice, they are registered once. */
  static in(given: Registry | undefined, prefix: string): DrainMetrics {
    const registry: Marked = given ?? register;
    const known = (registry[METRICS] ??= new Map<string, DrainMetrics>());
    // Tests clear the registry between two applications.
    if (!registry.getSingleMetric(prometheusName(prefix, phase))) known.delete(prefix);
    const metrics = known.get(prefix) ?? new DrainMetrics(registry, prefix);
    known.set(prefix, metrics);
    return metrics;
  }

  observe(drain: Drain): this {
    if (this.#drain === drain) return this;
    this.#drain = drain;
    drain.events.subscribe((event) => {
      this.#streams.onEvent(event, drain);
      if (event.type === 'ended') {
        this.#duration.observe({ outcome: event.report.outcome }, event.report.waitedSeconds);
      }
    });
    return this;
  }

  #phase(): void {
    const gauge = new Gauge({
      name: prometheusName(this.prefix, phase),
      help: phase.help,
      labelNames: ['phase'],
      registers: [this.registry],
      collect: () => {
        for (const one of phases) gauge.set({ phase: one }, this.#drain?.phase === one ? 1 : 0);
      },
    });
  }

  #gauge(reading: Reading): void {
    const gauge = new Gauge({
      name: prometheusName(this.prefix, reading),
      help: reading.help,
      registers: [this.registry],
      collect: () => {
        const value = this.#drain && reading.read(this.#drain);
        if (value === undefined) gauge.remove();
        else gauge.set(value);
      },
    });
  }
}
