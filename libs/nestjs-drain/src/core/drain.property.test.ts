import fc from 'fast-check';
import { expect, it } from '@jest/globals';
import { ManualClock } from 'nestjs-drain-resume/testing';
import { ScriptedStream, type StreamScript } from '../../test/support/scripted-stream.js';
import { endOfTurn } from '../../test/support/turn.js';
import { Drain } from './drain.js';
import { type ResolvedDrainOptions, resolveDrainOptions } from './options.js';
import type { DrainReport, StreamOutcome } from './report.js';
import { ResetRefusedError } from './phase.js';
import type { StreamKind } from './stream.js';

/** Seconds that the waves of farewells may take: a quarter of what a pod is to have beyond `timeout + flushTimeout`. */
const farewellTime = 5 / 4;

const anyOptions = fc
  .record({
    propagationDelay: fc.nat(3),
    drainingTime: fc.integer({ min: 1, max: 6 }),
    flushTimeout: fc.nat(2),
    waves: fc.record({ size: fc.integer({ min: 1, max: 3 }), interval: fc.constantFrom(0.1, 0.5) }),
  })
  .map(({ drainingTime, ...rest }) =>
    resolveDrainOptions({ ...rest, timeout: rest.propagationDelay + drainingTime }),
  );
const anyScript = fc.record<StreamScript>({
  onEnd: fc.constantFrom('deliver', 'break', 'stall', 'throw'),
  onDestroy: fc.constantFrom('close', 'later', 'throw'),
});
const anyWork = fc.constantFrom('requests' as const, 'tasks' as const);
const anyStep = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      admit: fc.constantFrom<StreamKind>('finite', 'subscription'),
      script: anyScript,
    }),
  },
  { weight: 4, arbitrary: fc.record({ close: fc.nat(), delivered: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ advance: fc.oneof(fc.nat(300), fc.nat(3_000)) }) },
  { weight: 2, arbitrary: fc.constantFrom('start', 'endOfTurn') },
  fc.constantFrom('reset', 'stopListeners'),
  fc.record({ closeAgain: fc.nat() }),
  fc.record({ handOff: fc.nat() }),
  fc.record({ enter: anyWork }),
  fc.record({ leave: anyWork, which: fc.nat() }),
);
type Step = typeof anyStep extends fc.Arbitrary<infer T> ? T : never;

const pick = <T>(all: readonly T[], index: number): T | undefined => all[index % all.length];

/** How a stream ended, seen from its transport. */
function fateOf({ ends: [cause], destroys, delivered }: ScriptedStream): StreamOutcome {
  if (cause === 'handedOff') return 'handedOff';
  if (destroys > 0) return 'cut';
  if (!cause) return delivered ? 'completed' : 'abandoned';
  if (!delivered) return 'cut';
  return cause === 'reconnect' ? 'reconnect' : 'cancelled';
}

/** One drain as it should go, worked out from the world around it. */
interface ExpectedRun {
  readonly report: Promise<DrainReport>;
  readonly startedAt: number;
  readonly before: number;
  readonly streams: ScriptedStream[];
  refused: number;
  /** The requests that are waited for; undefined until the door is shut. */
  awaited?: Set<object>;
  drained: boolean;
  /** How many streams were open and not told to end when the deadline came. */
  openAtDeadline: number;
  result?: DrainReport | Error;
}

class World {
  readonly clock = new ManualClock(500);
  readonly drain: Drain;
  readonly asked: ScriptedStream[] = [];
  readonly work = { requests: new Set<object>(), tasks: new Set<object>() };
  run: ExpectedRun | undefined;
  committed = false;
  drainsEnded = 0;
  reportsHeard = 0;

  constructor(readonly options: ResolvedDrainOptions) {
    this.drain = new Drain(options, this.clock);
    this.drain.events.subscribe(({ type }) => void (this.reportsHeard += type === 'ended' ? 1 : 0));
  }

  get open(): ScriptedStream[] {
    return this.asked.filter((stream) => stream.isOpen);
  }

  /** Does one step; only time and the end of a turn are awaited, all else happens in one turn. */
  perform(step: Step): Promise<void> | undefined {
    if (step === 'endOfTurn') return this.endTurn();
    if (typeof step === 'object' && 'advance' in step) return this.advance(step.advance);
    if (step === 'start') this.start();
    else if (step === 'reset') this.reset();
    else if (step === 'stopListeners') {
      void this.drain.stopListeners();
      this.committed = true;
    } else if ('admit' in step) this.admit(new ScriptedStream(step.admit, step.script));
    else if ('close' in step) pick(this.open, step.close)?.close(step.delivered);
    else if ('closeAgain' in step) pick(this.asked, step.closeAgain)?.closeAgain();
    else if ('handOff' in step) pick(this.open, step.handOff)?.handle.end('handedOff');
    else if ('enter' in step) this.enter(step.enter);
    else this.leave(step.leave, step.which);
    return undefined;
  }

  private enter(name: keyof World['work']): void {
    const one = {};
    this.work[name].add(one);
    this.drain[name].enter(one);
  }

  private leave(name: keyof World['work'], which: number): void {
    const one = pick([...this.work[name]], which);
    if (!one) return;
    this.work[name].delete(one);
    this.run?.awaited?.delete(one);
    this.drain[name].leave(one);
  }

  private admit(stream: ScriptedStream): void {
    const closed = this.run?.awaited !== undefined;
    this.asked.push(stream);
    expect(stream.requestFrom(this.drain.streams).admitted).toBe(!closed);
    if (closed && !this.run?.drained) this.run!.refused += 1;
    else if (!closed) this.run?.streams.push(stream);
  }

  private start(): void {
    if (this.run) return void expect(this.drain.start('again')).toBe(this.run.report);
    const streams = this.open;
    const report = this.drain.start('first');
    const run: ExpectedRun = {
      report,
      startedAt: this.clock.now(),
      before: streams.length,
      streams,
      refused: 0,
      drained: false,
      openAtDeadline: streams.length,
    };
    const settle = (result: DrainReport | Error) => void (run.result = result);
    report.then(settle, settle);
    this.run = run;
    this.noteTime();
  }

  private reset(): void {
    const touched = this.asked.some(
      ({ ends }) => ends[0] === 'reconnect' || ends[0] === 'deadline',
    );
    if (this.committed || touched) {
      expect(() => this.drain.reset()).toThrow(ResetRefusedError);
      return;
    }
    this.drain.reset();
    this.run = undefined;
  }

  /** Moves in spans that end just before, or at, the moments at which something has to happen. */
  async advance(span: number): Promise<void> {
    const target = this.clock.now() + span;
    const stops = this.moments().flatMap((moment) => [moment - 1, moment]);
    for (const stop of [...stops, target]) {
      if (stop < this.clock.now() || stop > target) continue;
      await this.clock.advanceAsync(stop - this.clock.now());
      this.noteTime();
      await this.endTurn();
    }
  }

  /** When something has to have happened, in the clock's ms and in this order. */
  private moments(): number[] {
    if (!this.run) return [];
    const { propagationDelay: closing, timeout, flushTimeout } = this.options;
    const toldBy = (closing + timeout) / 2;
    const farewellBy = timeout + farewellTime;
    const end = timeout + this.timeToTell() + flushTimeout;
    const seconds = [closing, toldBy, timeout, farewellBy, end];
    return seconds.map((after) => this.run!.startedAt + after * 1_000);
  }

  /** Seconds from the deadline until the last wave of farewells. */
  private timeToTell(): number {
    const { waves } = this.options;
    const planned = Math.max(1, Math.floor(farewellTime / waves.interval));
    const open = this.run!.openAtDeadline;
    const size = Math.max(waves.size, Math.ceil(open / planned));
    return Math.max(0, Math.ceil(open / size) - 1) * waves.interval;
  }

  private noteTime(): void {
    if (!this.run) return;
    const [closing = Infinity, , deadline = Infinity] = this.moments();
    const now = this.clock.now();
    const untold = this.open.filter(({ ends }) => ends.length === 0);
    if (now < deadline) this.run.openAtDeadline = untold.length;
    if (now >= closing) this.run.awaited ??= new Set(this.work.requests);
    if (now >= deadline && !this.run.drained) this.committed = true;
  }

  /** No stream is asked to end before its time, and none is forgotten. */
  private checkWaves(): void {
    const [, toldBy = Infinity, deadline = Infinity, farewellBy = Infinity] = this.moments();
    const now = this.clock.now();
    for (const { kind, ends, isOpen } of this.asked) {
      if (ends[0] === 'reconnect') expect(kind).toBe('subscription');
      if (ends[0] === 'deadline') expect(now).toBeGreaterThanOrEqual(deadline);
      const due = now >= farewellBy || (now >= toldBy && kind === 'subscription');
      if (isOpen && due) expect(ends).toHaveLength(1);
    }
  }

  private async endTurn(): Promise<void> {
    await endOfTurn();
    if (this.run) this.checkRun(this.run);
    else expect(this.drain.phase).toBe('serving');
    expect(this.clock.pending).toBeLessThanOrEqual(this.drain.phase === 'serving' ? 0 : 4);
  }

  private checkRun(run: ExpectedRun): void {
    const end = this.moments().at(-1) ?? Infinity;
    const idle = run.awaited?.size === 0 && this.work.tasks.size === 0 && this.open.length === 0;
    const ended = idle || this.clock.now() >= end;
    const wasDrained = run.drained;
    run.drained ||= ended;
    if (run.drained) expect(this.drain.phase).toBe('drained');
    else expect(this.drain.phase).toBe(run.awaited ? 'draining' : 'lameDuck');
    if (run.drained && !wasDrained) {
      this.drainsEnded += 1;
      this.checkReport(run);
    }
    expect(this.reportsHeard).toBe(this.drainsEnded);
    if (run.drained) expect(this.clock.pending).toBe(0);
    else expect(run.result).toBeUndefined();
    this.checkWaves();
  }

  private checkReport(run: ExpectedRun): void {
    const report = run.result as DrainReport;
    const count = (fate: StreamOutcome) =>
      run.streams.filter((stream) => fateOf(stream) === fate).length;
    const secondsSinceStart = (moment: number) => (moment - run.startedAt) / 1000;
    expect(report).toMatchObject({
      activeBefore: run.before,
      admitted: run.streams.length - run.before,
      refused: run.refused,
      completed: count('completed'),
      abandoned: count('abandoned'),
      reconnect: count('reconnect'),
      cancelled: count('cancelled'),
      handedOff: count('handedOff'),
      cut: count('cut'),
    });
    const { completed, abandoned, reconnect, cancelled, handedOff, cut } = report;
    expect(completed + abandoned + reconnect + cancelled + handedOff + cut).toBe(
      report.activeBefore + report.admitted,
    );
    // In seconds, as the report is: 4.025 * 1000 is more than 4025.
    expect(report.waitedSeconds).toBeLessThanOrEqual(secondsSinceStart(this.clock.now()));
    const [, , deadline = 0] = this.moments();
    const expired = report.waitedSeconds >= secondsSinceStart(deadline);
    expect(report.outcome).toBe(expired ? 'timeout' : 'completed');
    if (!expired) expect(report.unfinished).toEqual({});
    expect('requests' in report.unfinished).toBe(run.awaited!.size > 0);
    expect(report.unfinished['tasks'] ?? 0).toBe(this.work.tasks.size);
  }

  checkAlways(): void {
    this.noteTime();
    const { admitted, refused } = this.drain.streams.counts();
    expect(admitted + refused).toBe(this.asked.length);
    expect([...this.drain.streams]).toEqual(this.open.map((stream) => stream.handle));
    for (const { ends, destroys } of this.asked) {
      expect(ends.length).toBeLessThanOrEqual(1);
      expect(destroys).toBeLessThanOrEqual(1);
      // Law 5: nothing is destroyed that was not asked to end first.
      expect(ends.length).toBeGreaterThanOrEqual(destroys);
    }
  }
}

it('whatever happens in whatever order, the drain keeps its timeline, its bounds and its numbers', async () => {
  await fc.assert(
    fc.asyncProperty(
      anyOptions,
      fc.array(anyStep, { maxLength: 50, size: 'max' }),
      async (options, steps) => {
        const world = new World(options);
        for (const step of [...steps, 'start' as const]) {
          const pending = world.perform(step);
          if (pending) await pending;
          world.checkAlways();
        }
        await world.advance((options.timeout + 2 * farewellTime + options.flushTimeout) * 1_000);
        expect(world.drain.phase).toBe('drained');
        expect([world.drain.streams.size, world.clock.pending]).toEqual([0, 0]);
      },
    ),
    { numRuns: 250 },
  );
}, 120_000);
