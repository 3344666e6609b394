import { describe, expect, it } from '@jest/globals';
import { describeReport, type DrainReport, noStreams, subtractCounts } from './report.js';

const quiet: DrainReport = {
  ...noStreams(),
  outcome: 'completed',
  trigger: 'SIGTERM',
  activeBefore: 0,
  unfinished: {},
  waitedSeconds: 0.04,
};

describe('the report as one line', () => {
  it('says that there was nothing to do', () => {
    expect(describeReport(quiet)).toBe(
      'Drain completed after 0.0 s (SIGTERM): no streams were open',
    );
  });

  it('names every fate that occurred, and no other', () => {
    expect(
      describeReport({ ...quiet, waitedSeconds: 12.345, completed: 3, reconnect: 2, handedOff: 1 }),
    ).toBe(
      'Drain completed after 12.3 s (SIGTERM): ' +
        'streams 3 completed, 2 told to reconnect, 1 handed off',
    );
  });

  it('says what a deadline cost', () => {
    const report: DrainReport = {
      ...quiet,
      outcome: 'timeout',
      trigger: 'initiate',
      waitedSeconds: 302,
      cancelled: 4,
      cut: 1,
      refused: 7,
      unfinished: { requests: 2, tasks: 1 },
    };
    expect(describeReport(report)).toBe(
      'Drain reached its deadline after 302.0 s (initiate): ' +
        'streams 4 cancelled with a farewell, 1 cut; 7 refused; unfinished: 2 requests, 1 task',
    );
  });
});

describe('the tally of a drain', () => {
  it('is the difference the drain made, count by count', () => {
    const earlier = { ...noStreams(), admitted: 5, completed: 3 };
    const later = { ...earlier, admitted: 9, completed: 4, cut: 2, abandoned: 1 };
    expect(subtractCounts(later, earlier)).toEqual({
      ...noStreams(),
      admitted: 4,
      completed: 1,
      cut: 2,
      abandoned: 1,
    });
  });
});
