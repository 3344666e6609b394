import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { Drain } from '../core/drain.js';
import type { DrainEvent } from '../core/events.js';
import type { StreamHandle, StreamKind } from '../core/stream-handle.js';
import { bucketsOfSeconds } from './buckets.js';

interface Route {
  readonly kind: StreamKind;
  /** The pattern, never an id. */
  readonly route: string;
}

const labelNames = ['kind', 'route'] as const;
const outcomes = ['completed', 'told', 'cancelled', 'handedOff', 'cut'] as const;
const reasons = ['draining', 'drained'] as const;

/** What becomes of streams, by kind and route: totals as they happen, the open ones when scraped. */
export class StreamMetrics {
  readonly #known = new Map<string, Route>();
  readonly #active: Gauge<'kind' | 'route'>;
  readonly #admitted: Counter<'kind' | 'route'>;
  readonly #refused: Counter<'kind' | 'route' | 'reason'>;
  readonly #resumed: Counter<'kind' | 'route'>;
  readonly #ended: Counter<'kind' | 'route' | 'outcome'>;
  readonly #duration: Histogram<'kind' | 'route'>;

  constructor(
    registry: Registry,
    prefix: string,
    private readonly drain: () => Drain | undefined,
  ) {
    const counter = <Label extends string>(
      name: string,
      help: string,
      ...more: Label[]
    ): Counter<'kind' | 'route' | Label> =>
      new Counter({
        name: `${prefix}streams_${name}_total`,
        help,
        labelNames: [...labelNames, ...more],
        registers: [registry],
      });
    this.#admitted = counter('admitted', 'Streams that were let in.');
    this.#refused = counter('refused', 'Streams that were turned away, by reason.', 'reason');
    this.#resumed = counter('resumed', 'Streams that went on where another one had to stop.');
    this.#ended = counter('ended', 'Streams that have ended, by outcome.', 'outcome');
    this.#duration = new Histogram({
      name: `${prefix}stream_duration_seconds`,
      help: 'Seconds from the admission of a stream to the close of its response.',
      labelNames,
      buckets: bucketsOfSeconds,
      registers: [registry],
    });
    this.#active = new Gauge({
      name: `${prefix}active_streams`,
      help: 'Streams that are open.',
      labelNames,
      registers: [registry],
      collect: () => this.#countActive(),
    });
  }

  onEvent(event: DrainEvent, drain: Drain): void {
    switch (event.type) {
      case 'admitted':
        return this.#admitted.inc(this.#routeOf(event.stream));
      case 'refused':
        return this.#refused.inc({ ...this.#routeOf(event), reason: event.refusal.reason });
      case 'resumed':
        return this.#resumed.inc(this.#routeOf(event.stream));
      case 'released': {
        const route = this.#routeOf(event.stream);
        this.#ended.inc({ ...route, outcome: event.outcome });
        this.#duration.observe(route, (drain.clock.now() - event.stream.admittedAt) / 1000);
      }
    }
  }

  #countActive(): void {
    for (const route of this.#known.values()) this.#active.set({ ...route }, 0);
    for (const stream of this.drain()?.streams ?? []) this.#active.inc(this.#routeOf(stream));
  }

  #routeOf({ kind, route }: StreamHandle | Route): Route {
    const key = `${kind} ${route}`;
    const known = this.#known.get(key);
    if (known) return known;
    const labels = { kind, route };
    this.#known.set(key, labels);
    this.#introduce(labels);
    return labels;
  }

  /** A series that is born at 1 never shows an increase, so each begins at 0. */
  #introduce(labels: Route): void {
    this.#admitted.inc({ ...labels }, 0);
    this.#resumed.inc({ ...labels }, 0);
    this.#duration.zero({ ...labels });
    for (const outcome of outcomes) this.#ended.inc({ ...labels, outcome }, 0);
    for (const reason of reasons) this.#refused.inc({ ...labels, reason }, 0);
  }
}
