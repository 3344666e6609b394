import type { Refusal } from '../core/stream.js';
import type { StreamKind } from '../core/stream.js';
import type { StreamOutcome } from '../core/report.js';

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
  readonly refused: Record<Refusal['reason'], number> = { draining: 0, drained: 0 };
  readonly ended: Record<StreamOutcome, number> = {
    completed: 0,
    abandoned: 0,
    reconnect: 0,
    cancelled: 0,
    handedOff: 0,
    cut: 0,
  };

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
