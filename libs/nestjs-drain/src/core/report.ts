import type { StreamTally } from './tally.js';

/**
 * What one drain did, as data. It adds up:
 * `activeBefore + admitted = completed + told + cancelled + handedOff + cut`.
 */
export interface DrainReport extends StreamTally {
  /** `completed`: everything ended by itself or was told in time. `timeout`: the deadline was needed. */
  readonly outcome: 'completed' | 'timeout';
  /** What started the drain: a signal name, `close`, `initiate`, `wait`. */
  readonly trigger: string;
  /** Streams that were open when the drain started. */
  readonly activeBefore: number;
  /**
   * Other work still running when the drain ended, by name: `requests`, `messages`, `tasks`, and what
   * entries count themselves, such as `jobs`. Empty if none.
   */
  readonly unfinished: Readonly<Record<string, number>>;
  /** Milliseconds from the first trigger to the end of the drain. */
  readonly waited: number;
}

/** The report as one line for people. */
export function describeReport(report: DrainReport): string {
  const fates = [
    [report.completed, 'completed'],
    [report.told, 'told to reconnect'],
    [report.cancelled, 'cancelled with a farewell'],
    [report.handedOff, 'handed off'],
    [report.cut, 'cut'],
  ] as const;
  const streams = fates.filter(([count]) => count > 0).map(([count, fate]) => `${count} ${fate}`);
  const unfinished = Object.entries(report.unfinished).map(([name, count]) => `${count} ${name}`);
  return [
    `Drain ${report.outcome === 'completed' ? 'completed' : 'reached its deadline'}`,
    ` after ${(report.waited / 1000).toFixed(1)} s (${report.trigger}): `,
    streams.length > 0 ? `streams ${streams.join(', ')}` : 'no streams were open',
    report.refused > 0 ? `; ${report.refused} refused` : '',
    unfinished.length > 0 ? `; unfinished: ${unfinished.join(', ')}` : '',
  ].join('');
}
