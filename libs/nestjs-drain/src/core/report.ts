import { countOf } from './phrases.js';

/**
 * What one drain did, as data. It adds up:
 * `activeBefore + admitted = completed + abandoned + reconnect + cancelled + handedOff + cut`.
 */
export interface DrainReport extends StreamCounts {
  /** `completed`: everything ended by itself, or left when it was asked to reconnect. `timeout`: the deadline was needed. */
  readonly outcome: 'completed' | 'timeout';
  /** What started the drain: a signal name, `close`, `initiate`, `wait`. */
  readonly trigger: string;
  /** Streams that were open when the drain started. */
  readonly activeBefore: number;
  /**
   * Other work still running when the drain ended, by name: `requests`, `messages`, `tasks`, `upgrades`, and what
   * entries count themselves, such as `jobs`. Empty if none.
   */
  readonly unfinished: Readonly<Record<string, number>>;
  /** Seconds from the first trigger to the end of the drain. */
  readonly waitedSeconds: number;
  /**
   * Those of `cut` that the drain had no time to tell: the last bound came before their wave. Left out where all were
   * told.
   */
  readonly untold?: number;
  /**
   * Seconds: the `terminationGracePeriod` that would have sufficed to tell them too, at the rate that was measured. Left
   * out with `untold`.
   */
  readonly neededGracePeriod?: number;
}

/** The report as one line for people. */
export function describeReport(report: DrainReport): string {
  const fates = [
    [report.completed, 'completed'],
    [report.abandoned, 'abandoned by their clients'],
    [report.reconnect, 'told to reconnect'],
    [report.cancelled, 'cancelled with a farewell'],
    [report.handedOff, 'handed off'],
    [report.cut, 'cut'],
  ] as const;
  const streams = fates.filter(([count]) => count > 0).map(([count, fate]) => `${count} ${fate}`);
  const unfinished = Object.entries(report.unfinished).map(([name, count]) => countOf(count, name));
  return [
    `Drain ${report.outcome === 'completed' ? 'completed' : 'reached its deadline'}`,
    ` after ${report.waitedSeconds.toFixed(1)} s (${report.trigger}): `,
    streams.length > 0 ? `streams ${streams.join(', ')}` : 'no streams were open',
    report.refused > 0 ? `; ${report.refused} refused` : '',
    unfinished.length > 0 ? `; unfinished: ${unfinished.join(', ')}` : '',
  ].join('');
}

/**
 * How a stream ended.
 *
 * - `completed`: by itself, and its last bytes left.
 * - `abandoned`: its client left, or its connection was dropped on the way, before the last bytes left.
 * - `reconnect`: a subscription that was asked to reconnect elsewhere, and ended cleanly.
 * - `cancelled`: a finite stream that reached the deadline and got its farewell.
 * - `handedOff`: a resumable stream whose rest another replica sends.
 * - `cut`: it was ended, but its last bytes are known lost.
 */
export type StreamOutcome =
  'completed' | 'abandoned' | 'reconnect' | 'cancelled' | 'handedOff' | 'cut';

/** Totals since the process started. They only grow; a drain reports the difference it made. */
export interface StreamCounts extends Record<StreamOutcome, number> {
  admitted: number;
  refused: number;
}

export const noStreams = (): StreamCounts => ({
  admitted: 0,
  refused: 0,
  completed: 0,
  abandoned: 0,
  reconnect: 0,
  cancelled: 0,
  handedOff: 0,
  cut: 0,
});

export function subtractCounts(later: StreamCounts, earlier: StreamCounts): StreamCounts {
  const difference = noStreams();
  for (const key of Object.keys(difference) as (keyof StreamCounts)[]) {
    difference[key] = later[key] - earlier[key];
  }
  return difference;
}
