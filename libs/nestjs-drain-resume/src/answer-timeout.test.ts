import { describe, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { ManualClock } from './testing/manual-clock.js';
import { AnswerTimeout, NoAnswerError } from './answer-timeout.js';

const timeout = 100;

interface Sent {
  /** Milliseconds after the call before it. */
  readonly pause: number;
  /** After so many milliseconds; undefined for never. */
  readonly answered: number | undefined;
  readonly fails: boolean;
}

const sent: fc.Arbitrary<Sent> = fc.record({
  pause: fc.nat({ max: 40 }),
  answered: fc.option(
    fc.nat({ max: 250 }).filter((time) => time !== timeout),
    { nil: undefined },
  ),
  fails: fc.boolean(),
});

describe('the wait for answers', () => {
  test('ends with each answer that comes in time, and with an error at the time of each other one', async () => {
    const law = fc.asyncProperty(fc.array(sent, { maxLength: 20 }), async (calls) => {
      const clock = new ManualClock();
      const answers = new AnswerTimeout(clock, timeout);
      const outcomes: Promise<string>[] = [];
      for (const call of calls) {
        await clock.advanceAsync(call.pause);
        outcomes.push(
          outcomeOf(
            answers.limit(() => answer(clock, call)),
            clock,
          ),
        );
      }
      await clock.advanceAsync(1000);
      let now = 0;
      const expected = calls.map(({ pause, answered, fails }) => {
        now += pause;
        if (answered === undefined || answered > timeout) return `late at ${now + timeout}`;
        return `${fails ? 'failed' : 'answered'} at ${now + answered}`;
      });
      expect(await Promise.all(outcomes)).toEqual(expected);
      expect(clock.pending).toBe(0);
    });
    await fc.assert(law, { numRuns: 200 });
  });

  test('takes one timer for all, which keeps a process alive while something is asked, and does not come again', async () => {
    const clock = new ManualClock();
    const answers = new AnswerTimeout(clock, timeout);
    const both = [answers.limit(() => Promise.resolve(1)), answers.limit(() => Promise.resolve(2))];
    expect([clock.pending, clock.keepingAlive]).toEqual([1, 1]);
    expect(await Promise.all(both)).toEqual([1, 2]);
    expect([clock.pending, clock.keepingAlive]).toEqual([1, 0]);
    const third = answers.limit(() => new Promise(() => undefined));
    expect([clock.pending, clock.keepingAlive]).toEqual([1, 1]);
    clock.advance(timeout);
    await expect(third).rejects.toThrow(NoAnswerError);
    expect(clock.pending).toBe(0);
  });

  test('ends in time for each, also where one that failed asks again at once', async () => {
    const clock = new ManualClock();
    const answers = new AnswerTimeout(clock, timeout);
    const never = () => new Promise<string>(() => undefined);
    const again = answers.ask<string, string>(never, String, () => answers.limit(never));
    await clock.advanceAsync(40);
    const late = outcomeOf(answers.limit(never), clock);
    const lateAgain = outcomeOf(again, clock);
    await clock.advanceAsync(1000);
    expect(await Promise.all([late, lateAgain])).toEqual(['late at 140', 'late at 200']);
  });

  test('is what is made of the answer, or of the error; and either may fail', async () => {
    const answers = new AnswerTimeout(new ManualClock(), timeout);
    const broken = (): never => {
      throw new TypeError('broken');
    };
    const ask = (answer: () => Promise<number>, read: (one: number) => number) =>
      answers.ask<number, number | string>(answer, read, String);
    expect(
      await ask(
        () => Promise.resolve(1),
        (one) => one + 1,
      ),
    ).toBe(2);
    expect(await ask(() => Promise.reject(new Error('no')), broken)).toBe('Error: no');
    expect(await ask(broken, broken)).toBe('TypeError: broken');
    await expect(ask(() => Promise.resolve(1), broken)).rejects.toThrow('broken');
    const refused = answers.ask(() => Promise.reject(new Error('no')), broken, broken);
    await expect(refused).rejects.toThrow('broken');
  });

  test('is over with what is no promise: that is the answer', async () => {
    const clock = new ManualClock();
    const answers = new AnswerTimeout(clock, timeout);
    const recover = jest.fn<() => string>(() => 'recovered');
    const ask = () => 'answer' as unknown as Promise<string>;
    expect(await answers.ask(ask, (answer: string) => answer, recover)).toBe('answer');
    await clock.advanceAsync(1000);
    expect(recover).not.toHaveBeenCalled();
  });
});

function answer(clock: ManualClock, { answered, fails }: Sent): Promise<string> {
  return new Promise((resolve, reject) => {
    if (answered === undefined) return;
    clock.schedule(answered, () => (fails ? reject(new Error('failed')) : resolve('answered')));
  });
}

async function outcomeOf(call: Promise<string>, clock: ManualClock): Promise<string> {
  const outcome = await call.catch((error: unknown) =>
    error instanceof NoAnswerError ? 'late' : (error as Error).message,
  );
  return `${outcome} at ${clock.now()}`;
}
