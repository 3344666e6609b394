import { expect, it } from '@jest/globals';
import { StoreUnavailableError } from './errors.js';
import { ManualClock } from './testing/manual-clock.js';
import { retry, WakeUp } from './waiting.js';

const unavailable = new StoreUnavailableError('away');

/** Calls that fail so often, each the way `fail` says. */
function setUp(failures: number, fail: () => Promise<string>, isOver = (): boolean => false) {
  const clock = new ManualClock();
  const asked: number[] = [];
  const call = (): Promise<string> => {
    asked.push(clock.now());
    return asked.length > failures ? Promise.resolve('answer') : fail();
  };
  const policy = { clock, timeout: 1_000, wake: new WakeUp(), isOver };
  return { clock, asked, call, policy };
}

const rejecting = () => Promise.reject(unavailable);
const throwing = () => {
  throw unavailable;
};

it.each([
  ['rejects', rejecting],
  ['throws', throwing],
])('a store that %s is asked again, with growing pauses', async (_, fail) => {
  const { clock, asked, call, policy } = setUp(3, fail);
  const answer = retry(call, policy);
  await clock.advanceAsync(1_000);
  expect(await answer).toBe('answer');
  expect(asked.map((at) => at - asked[0]!)).toEqual([0, 50, 150, 350]);
});

it.each([
  ['rejects', rejecting],
  ['throws', throwing],
])('a store that %s for too long gives its last error', async (_, fail) => {
  const { clock, call, policy } = setUp(Infinity, fail);
  const answer = expect(retry(call, policy)).rejects.toBe(unavailable);
  await clock.advanceAsync(3_000);
  await answer;
  expect(clock.pending).toBe(0);
});

it('another error is not repeated', async () => {
  const mistake = new TypeError('no');
  const { asked, call, policy } = setUp(1, () => Promise.reject(mistake));
  await expect(retry(call, policy)).rejects.toBe(mistake);
  expect(asked).toHaveLength(1);
});

it('nothing is asked once it is over', async () => {
  let isOver = false;
  const { clock, asked, call, policy } = setUp(Infinity, rejecting, () => isOver);
  const answer = retry(call, policy);
  isOver = true;
  await clock.advanceAsync(1_000);
  expect([await answer, await retry(call, policy), asked.length]).toEqual([
    undefined,
    undefined,
    1,
  ]);
});
