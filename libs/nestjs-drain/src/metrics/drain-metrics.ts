import { Gauge, Histogram, type Registry } from 'prom-client';
import type { Drain } from '../core/drain.js';
import type { DrainPhase } from '../core/phase.js';
import { bucketsOfSeconds } from './buckets.js';
import { StreamMetrics } from './stream-metrics.js';

const phases: readonly DrainPhase[] = ['serving', 'lameDuck', 'draining', 'drained'];

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
    private readonly registry: Registry,
    private readonly prefix: string,
  ) {
    this.#streams = new StreamMetrics(registry, prefix, () => this.#drain);
    this.#duration = new Histogram({
      name: `${prefix}duration_seconds`,
      help: 'Seconds from the first trigger of a drain to its end.',
      labelNames: ['outcome'],
      buckets: bucketsOfSeconds,
      registers: [registry],
    });
    this.#phase();
    this.#gauge(
      'in_flight_requests',
      'Requests being answered, without streams and probes.',
      (drain) => drain.requests.size,
    );
    this.#gauge(
      'in_flight_messages',
      'Messages being handled, of queues and remote calls.',
      (drain) => drain.messages.size,
    );
    this.#gauge(
      'running_tasks',
      'Background tasks that the drain waits for.',
      (drain) => drain.tasks.size,
    );
    this.#gauge(
      'timeout_seconds',
      'The bound of a drain, from its first trigger to its deadline.',
      (drain) => drain.options.timeout,
    );
    this.#gauge(
      'propagation_delay_seconds',
      'How long new streams are still let in after the first trigger.',
      (drain) => drain.options.propagationDelay,
    );
    this.#gauge(
      'deadline_remaining_seconds',
      'Seconds until open streams are cancelled. Absent while serving and after the drain.',
      (drain) => drain.secondsLeft,
    );
  }

  /** The metrics in this registry; asked for twice, they are registered once. */
  static in(registry: Marked, prefix: string): DrainMetrics {
    const known = (registry[METRICS] ??= new Map<string, DrainMetrics>());
    // Tests clear the registry between two applications.
    if (!registry.getSingleMetric(`${prefix}phase`)) known.delete(prefix);
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
      name: `${this.prefix}phase`,
      help: 'Where the process stands: 1 for its phase, 0 for the others.',
      labelNames: ['phase'],
      registers: [this.registry],
      collect: () => {
        for (const phase of phases) gauge.set({ phase }, this.#drain?.phase === phase ? 1 : 0);
      },
    });
  }

  #gauge(name: string, help: string, read: (drain: Drain) => number | undefined): void {
    const gauge = new Gauge({
      name: `${this.prefix}${name}`,
      help,
      registers: [this.registry],
      collect: () => {
        const value = this.#drain && read(this.#drain);
        if (value === undefined) gauge.remove();
        else gauge.set(value);
      },
    });
  }
}
