import type { Counter, Histogram, Meter } from '@opentelemetry/api';
import type { Drain } from '../core/drain.js';
import type { DrainEvent } from '../core/events.js';
import type { StreamInfo, StreamKind } from '../core/stream.js';

/** From a plain answer to an hour of streaming. */
export const boundariesOfSeconds = [
  0.1, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 180, 300, 600, 900, 1800, 3600,
];

type Route = Pick<StreamInfo, 'kind' | 'route'>;

const outcomes = ['completed', 'abandoned', 'reconnect', 'cancelled', 'handedOff', 'cut'] as const;
const reasons = ['draining', 'drained'] as const;

/** What becomes of streams, by kind and route. */
export class StreamInstruments {
  readonly #known = new Map<string, { kind: StreamKind; route: string }>();
  readonly #admitted: Counter;
  readonly #refused: Counter;
  readonly #resumed: Counter;
  readonly #ended: Counter;
  readonly #duration: Histogram;

  constructor(
    meter: Meter,
    private readonly drain: Drain,
  ) {
    const counter = (name: string, description: string): Counter =>
      meter.createCounter(`nestjs_drain.streams.${name}`, { description });
    this.#admitted = counter('admitted', 'Streams that were let in.');
    this.#refused = counter('refused', 'Streams that were turned away, by reason.');
    this.#resumed = counter('resumed', 'Streams that went on where another one had to stop.');
    this.#ended = counter('ended', 'Streams that have ended, by outcome.');
    this.#duration = meter.createHistogram('nestjs_drain.stream.duration', {
      description: 'From the admission of a stream to the close of its response.',
      unit: 's',
      advice: { explicitBucketBoundaries: boundariesOfSeconds },
    });
    const active = meter.createObservableUpDownCounter('nestjs_drain.active_streams', {
      description: 'Streams that are open.',
    });
    active.addCallback((result) => {
      for (const [attributes, count] of this.#countActive()) result.observe(count, attributes);
    });
    drain.events.subscribe((event) => this.#onEvent(event));
  }

  #onEvent(event: DrainEvent): void {
    switch (event.type) {
      case 'admitted':
        return this.#admitted.add(1, this.#routeOf(event.stream));
      case 'refused':
        return this.#refused.add(1, { ...this.#routeOf(event), reason: event.refusal.reason });
      case 'resumed':
        return this.#resumed.add(1, this.#routeOf(event.stream));
      case 'released': {
        const route = this.#routeOf(event.stream);
        this.#ended.add(1, { ...route, outcome: event.outcome });
        this.#duration.record(event.stream.ageAt(this.drain.clock.now()), route);
      }
    }
  }

  #countActive(): Map<{ kind: StreamKind; route: string }, number> {
    const counts = new Map([...this.#known.values()].map((route) => [route, 0]));
    for (const stream of this.drain.streams) {
      const route = this.#routeOf(stream);
      counts.set(route, (counts.get(route) ?? 0) + 1);
    }
    return counts;
  }

  #routeOf({ kind, route }: Route): { kind: StreamKind; route: string } {
    const key = `${kind} ${route}`;
    const known = this.#known.get(key);
    if (known) return known;
    const attributes = { kind, route };
    this.#known.set(key, attributes);
    this.#introduce(attributes);
    return attributes;
  }

  /** A series that is born at 1 never shows an increase, so each begins at 0. */
  #introduce(attributes: { kind: StreamKind; route: string }): void {
    this.#admitted.add(0, attributes);
    this.#resumed.add(0, attributes);
    for (const outcome of outcomes) this.#ended.add(0, { ...attributes, outcome });
    for (const reason of reasons) this.#refused.add(0, { ...attributes, reason });
  }
}
