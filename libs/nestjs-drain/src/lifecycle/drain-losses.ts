import type { Drain } from '../core/drain.js';
import type { DrainEvent } from '../core/events.js';
import type { DrainReport } from '../core/report.js';

/** What was lost, and which bound would have kept it. */
export interface Hint {
  readonly message: string;
  /** The option that was too short. */
  readonly option: 'timeout' | 'flushTimeout';
  /** Its value, in seconds. */
  readonly value: number;
  readonly count: number;
  /** The stream among them that had been open longest; in seconds. */
  readonly longest?: { readonly route: string; readonly age: number } | undefined;
}

type Outcome = 'cancelled' | 'cut';

/** The streams that one drain could not let finish. */
export class LossReport {
  readonly #longest = new Map<Outcome, { readonly route: string; readonly age: number }>();

  constructor(private readonly drain: Drain) {
    drain.events.subscribe((event) => this.#onEvent(event));
  }

  hints(report: DrainReport): Hint[] {
    const unfinished = Object.values(report.unfinished).reduce((sum, count) => sum + count, 0);
    const hints: Hint[] = [];
    if (report.cancelled > 0) hints.push(this.#cancelled(report.cancelled));
    if (report.cut > 0) hints.push(this.#cut(report.cut));
    if (unfinished > 0) hints.push(this.#unfinished(unfinished, report));
    return hints;
  }

  #onEvent(event: DrainEvent): void {
    if (event.type === 'started') this.#longest.clear();
    if (event.type !== 'released') return;
    const { stream, outcome } = event;
    if (outcome !== 'cancelled' && outcome !== 'cut') return;
    const age = stream.ageAt(this.drain.clock.now());
    if (age > (this.#longest.get(outcome)?.age ?? -1)) {
      this.#longest.set(outcome, { route: stream.route, age: Number(age.toFixed(3)) });
    }
  }

  #cancelled(count: number): Hint {
    const { timeout } = this.drain.options;
    return {
      message:
        `${streams(count)} reached the deadline and got a farewell${this.#oldest('cancelled')}. ` +
        `\`timeout\` (${timeout} s) was too short: set it above the length of your streams, and ` +
        'terminationGracePeriodSeconds above `timeout` + `flushTimeout`.',
      option: 'timeout',
      value: timeout,
      count,
      longest: this.#longest.get('cancelled'),
    };
  }

  #cut(count: number): Hint {
    const { flushTimeout, timeout } = this.drain.options;
    return {
      message:
        `${streams(count)} ended without the last bytes${this.#oldest('cut')}: the client had stopped ` +
        'reading, or the route sent no farewell. What `timeout` ' +
        `(${timeout} s) lets finish needs none; a slow reader needs more \`flushTimeout\` (${flushTimeout} s).`,
      option: 'flushTimeout',
      value: flushTimeout,
      count,
      longest: this.#longest.get('cut'),
    };
  }

  #unfinished(count: number, { unfinished }: DrainReport): Hint {
    const { timeout } = this.drain.options;
    const what = Object.entries(unfinished).map(([name, left]) => `${left} ${name}`);
    return {
      message:
        `Still running at the deadline: ${what.join(', ')}. \`timeout\` (${timeout} s) was too short ` +
        'for them: raise it, or let them end when their signal aborts (docs/transports.md).',
      option: 'timeout',
      value: timeout,
      count,
    };
  }

  #oldest(outcome: Outcome): string {
    const longest = this.#longest.get(outcome);
    return longest ? `; the oldest had run ${longest.age.toFixed(0)} s (${longest.route})` : '';
  }
}

const streams = (count: number): string => `${count} stream${count === 1 ? '' : 's'}`;
