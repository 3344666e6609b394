import type { Counter, Histogram, Meter } from '@opentelemetry/api';
import {
  activeStreams,
  drainDuration,
  durationBuckets,
  type MetricDefinition,
  phase,
  phases,
  readings,
  refusalReasons,
  streamDuration,
  streamOutcomes,
  streamTotals,
} from '../core/metric-definitions.js';
import type { Drain } from '../core/drain.js';
import type { DrainEvent } from '../core/events.js';
import type { StreamInfo, StreamKind } from '../core/stream.js';

/** What every instrument's name starts with. */
export const nameOf = ({ name }: MetricDefinition): string => `nestjs_drain.${name}`;

/** The other words that an instrument is made with. */
export const wordsOf = ({ help, unit }: MetricDefinition) => ({
  description: help,
  ...(unit && { unit }),
});

/** What a histogram of seconds is made with. */
export const histogramOf = (definition: MetricDefinition) => ({
  ...wordsOf(definition),
  advice: { explicitBucketBoundaries: [...durationBuckets] },
});

/**
 * The drain as OpenTelemetry instruments. The names are those of `nestjs-drain/metrics` as
 * Prometheus exporters translate them, so that dashboards and alerts serve both.
 */
export function instrument(meter: Meter, drain: Drain): void {
  new StreamInstruments(meter, drain);
  observePhase(meter, drain);
  observeReadings(meter, drain);
  recordDuration(meter, drain);
}

function observePhase(meter: Meter, drain: Drain): void {
  const gauge = meter.createObservableGauge(nameOf(phase), wordsOf(phase));
  gauge.addCallback((result) => {
    for (const one of phases) result.observe(drain.phase === one ? 1 : 0, { phase: one });
  });
}

function observeReadings(meter: Meter, drain: Drain): void {
  for (const reading of readings) {
    const observed = reading.addsUp
      ? meter.createObservableUpDownCounter(nameOf(reading), wordsOf(reading))
      : meter.createObservableGauge(nameOf(reading), wordsOf(reading));
    observed.addCallback((result) => {
      const value = reading.read(drain);
      if (value !== undefined) result.observe(value);
    });
  }
}

function recordDuration(meter: Meter, drain: Drain): void {
  const histogram = meter.createHistogram(nameOf(drainDuration), histogramOf(drainDuration));
  drain.events.on('ended', ({ report: { waitedSeconds, outcome } }) => {
    histogram.record(waitedSeconds, { outcome });
  });
}

type Route = Pick<StreamInfo, 'kind' | 'route'>;

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
    const counter = (definition: MetricDefinition): Counter =>
      meter.createCounter(nameOf(definition), wordsOf(definition));
    this.#admitted = counter(streamTotals.admitted);
    this.#refused = counter(streamTotals.refused);
    this.#resumed = counter(streamTotals.resumed);
    this.#ended = counter(streamTotals.ended);
    this.#duration = meter.createHistogram(nameOf(streamDuration), histogramOf(streamDuration));
    const active = meter.createObservableUpDownCounter(
      nameOf(activeStreams),
      wordsOf(activeStreams),
    );
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
    for (const outcome of streamOutcomes) this.#ended.add(0, { ...attributes, outcome });
    for (const reason of refusalReasons) this.#refused.add(0, { ...attributes, reason });
  }
}
