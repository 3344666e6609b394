import fc from 'fast-check';
import { expect, it } from '@jest/globals';
import { ManualClock } from 'nestjs-drain-resume/testing';
import { ScriptedStream } from '../../test/support/scripted-stream.js';
import { endOfTurn } from '../../test/support/turn.js';
import { DrainEvents } from './events.js';
import type { StreamKind } from './stream.js';
import { StreamRegistry } from './stream-registry.js';

const step = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ admit: fc.constantFrom<StreamKind>('finite', 'subscription') }),
  },
  { weight: 5, arbitrary: fc.record({ release: fc.nat(), delivered: fc.boolean() }) },
  fc.record({ again: fc.nat() }),
  { weight: 8, arbitrary: fc.constantFrom('close', 'reopen', 'wait', 'endOfTurn') },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** What the registry should be, kept with the simplest means. */
class Expectation {
  readonly clock = new ManualClock();
  readonly streams = new StreamRegistry(this.clock, new DrainEvents());
  readonly asked: ScriptedStream[] = [];
  readonly waiters: { due: boolean; answers: number }[] = [];
  closed = false;
  refused = 0;

  get open(): ScriptedStream[] {
    return this.asked.filter((stream) => stream.isOpen);
  }

  perform(step: Exclude<Step, 'endOfTurn'>): void {
    if (step === 'close') this.streams.close({ reason: 'draining', retryAfter: 1 });
    else if (step === 'reopen') this.streams.reopen();
    else if (step === 'wait') this.wait();
    else if ('admit' in step) this.admit(new ScriptedStream(step.admit));
    else if ('release' in step) this.open[step.release % this.open.length]?.close(step.delivered);
    else this.asked[step.again % this.asked.length]?.closeAgain();
    if (step === 'close' || step === 'reopen') this.closed = step === 'close';
    this.noteVacancy();
  }

  private wait(): void {
    const waiter = { due: false, answers: 0 };
    this.waiters.push(waiter);
    void this.streams.whenEmpty().then(() => (waiter.answers += 1));
  }

  private admit(stream: ScriptedStream): void {
    this.asked.push(stream);
    expect(stream.requestFrom(this.streams).admitted).toBe(!this.closed);
    if (this.closed) this.refused += 1;
  }

  private noteVacancy(): void {
    if (!this.closed || this.open.length > 0) return;
    for (const waiter of this.waiters) waiter.due = true;
  }

  checkNumbers(): void {
    const { admitted, refused, completed, abandoned } = this.streams.counts();
    const of = (kind: StreamKind) => this.open.filter((stream) => stream.kind === kind).length;
    expect([admitted + refused, refused]).toEqual([this.asked.length, this.refused]);
    expect(this.streams.size).toBe(this.open.length);
    expect(admitted - completed - abandoned).toBe(this.open.length);
    expect(this.streams.sizeOf('finite')).toBe(of('finite'));
    expect(this.streams.sizeOf('subscription')).toBe(of('subscription'));
    expect([...this.streams]).toEqual(this.open.map((stream) => stream.handle));
    expect(abandoned).toBe(this.asked.filter((stream) => stream.delivered === false).length);
    expect(this.streams.isSettled).toBe(this.closed && this.open.length === 0);
    expect(this.clock.pending).toBe(0);
  }

  checkAnswers(): void {
    const answers = this.waiters.map((waiter) => waiter.answers);
    expect(answers).toEqual(this.waiters.map((waiter) => (waiter.due ? 1 : 0)));
  }
}

it('whatever happens in whatever order: counted or refused, and whenEmpty once, in its turn, never early', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60, size: 'max' }), async (steps) => {
      const expected = new Expectation();
      for (const step of [...steps, 'endOfTurn' as const]) {
        if (step === 'endOfTurn') {
          await endOfTurn();
          expected.checkAnswers();
        } else {
          expected.perform(step);
          expected.checkNumbers();
        }
      }
    }),
    { numRuns: 250 },
  );
}, 30_000);
