import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { Drain } from '../core/drain.js';
import type { DrainEvent } from '../core/events.js';
import {
  activeStreams,
  durationBuckets,
  type MetricDefinition,
  refusalReasons,
  streamDuration,
  streamOutcomes,
  streamTotals,
} from '../core/metric-definitions.js';
import type { StreamKind } from '../core/stream.js';

const labelNames = ['kind', 'route'] as const;

/** What becomes of streams, by kind and route: numbers are kept as they come and told when scraped. */
export class StreamMetrics {
  readonly #routes = new Routes();
  readonly #duration: Histogram<'kind' | 'route'>;

  constructor(
    private readonly registry: Registry,
    private readonly prefix: string,
    private readonly drain: () => Drain | undefined,
  ) {
    const { admitted, resumed, refused, ended } = streamTotals;
    this.#counter(admitted, (totals) => totals.admitted);
    this.#counter(resumed, (totals) => totals.resumed);
    this.#breakdown(refused, 'reason', (totals) => totals.refused);
    this.#breakdown(ended, 'outcome', (totals) => totals.ended);
    this.#active();
    this.#duration = new Histogram({
      name: prometheusName(prefix, streamDuration),
      help: streamDuration.help,
      labelNames,
      buckets: [...durationBuckets],
      registers: [registry],
    });
  }

  onEvent(event: DrainEvent, drain: Drain): void {
    switch (event.type) {
      case 'admitted':
        this.#routes.of(event.stream).admitted += 1;
        return;
      case 'refused':
        this.#routes.of(event).refused[event.refusal.reason] += 1;
        return;
      case 'resumed':
        this.#routes.of(event.stream).resumed += 1;
        return;
      case 'released': {
        const { ended, labels } = this.#routes.of(event.stream);
        ended[event.outcome] += 1;
        const { kind, route } = labels;
        this.#duration.observe({ kind, route }, event.stream.ageAt(drain.clock.now()));
      }
    }
  }

  #counter(definition: MetricDefinition, read: (totals: RouteTotals) => number): void {
    const counter = new Counter({
      name: prometheusName(this.prefix, definition, 'counter'),
      help: definition.help,
      labelNames,
      registers: [this.registry],
      collect: () => {
        counter.reset();
        for (const totals of this.#routes) counter.inc({ ...totals.labels }, read(totals));
      },
    });
  }

  #breakdown(
    definition: MetricDefinition,
    label: 'reason' | 'outcome',
    read: (totals: RouteTotals) => Readonly<Record<string, number>>,
  ): void {
    const counter = new Counter({
      name: prometheusName(this.prefix, definition, 'counter'),
      help: definition.help,
      labelNames: [...labelNames, label],
      registers: [this.registry],
      collect: () => {
        counter.reset();
        for (const totals of this.#routes) {
          for (const [value, count] of Object.entries(read(totals))) {
            counter.inc({ ...totals.labels, [label]: value }, count);
          }
        }
      },
    });
  }

  #active(): void {
    const gauge = new Gauge({
      name: prometheusName(this.prefix, activeStreams),
      help: activeStreams.help,
      labelNames,
      registers: [this.registry],
      collect: () => {
        gauge.reset();
        for (const { labels } of this.#routes) gauge.set({ ...labels }, 0);
        for (const { kind, route } of this.drain()?.streams ?? []) gauge.inc({ kind, route });
      },
    });
  }
}

/** As exporters of OpenTelemetry translate the name, so that dashboards and alerts serve both. */
export function prometheusName(
  prefix: string,
  { name, unit }: MetricDefinition,
  type?: 'counter',
): string {
  return [prefix + name.replaceAll('.', '_'), unit && 'seconds', type && 'total']
    .filter((part) => part !== undefined)
    .join('_');
}

/** The labels of a stream: its kind, and the pattern of its route, never an id. */
export interface RouteLabels {
  readonly kind: StreamKind;
  readonly route: string;
}

/**
 * What has become of the streams of one route. Every number is there from the first stream on: a
 * series that is born at 1 never shows an increase.
 */
export class RouteTotals {
  admitted = 0;
  resumed = 0;
  readonly refused = zeros(refusalReasons);
  readonly ended = zeros(streamOutcomes);

  constructor(readonly labels: RouteLabels) {}
}

/** All routes that have had a stream, by kind. */
export class Routes implements Iterable<RouteTotals> {
  readonly #routes: Record<StreamKind, Map<string, RouteTotals>> = {
    finite: new Map(),
    subscription: new Map(),
  };

  of({ kind, route }: RouteLabels): RouteTotals {
    const known = this.#routes[kind].get(route);
    if (known) return known;
    const totals = new RouteTotals({ kind, route });
    this.#routes[kind].set(route, totals);
    return totals;
  }

  *[Symbol.iterator](): Iterator<RouteTotals> {
    yield* this.#routes.finite.values();
    yield* this.#routes.subscription.values();
  }
}

function zeros<Name extends string>(names: readonly Name[]): Record<Name, number> {
  return Object.fromEntries(names.map((name) => [name, 0])) as Record<Name, number>;
}
