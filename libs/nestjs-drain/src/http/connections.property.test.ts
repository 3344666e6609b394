import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ManualClock } from 'nestjs-drain-resume/testing';
import { bytesArrive, MemoryHttp, type MemoryClient } from '../../test/support/memory-http.js';
import { Drain } from '../core/drain.js';
import { resolveDrainOptions } from '../core/options.js';
import type { DrainPhase } from '../core/phase.js';
import { Connections } from './connections.js';
import { patience, settle } from './keep-alive.js';

const timeout = 8;
const flushTimeout = 1;
const anyStep = fc.oneof(
  { weight: 2, arbitrary: fc.constant('connect' as const) },
  { weight: 5, arbitrary: fc.record({ ask: fc.nat() }) },
  { weight: 2, arbitrary: fc.record({ begin: fc.nat() }) },
  { weight: 5, arbitrary: fc.record({ finish: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ leave: fc.nat() }) },
  { weight: 4, arbitrary: fc.record({ advance: fc.oneof(fc.nat(300), fc.nat(1_500)) }) },
  { weight: 2, arbitrary: fc.constant('start' as const) },
);
type Step = typeof anyStep extends fc.Arbitrary<infer T> ? T : never;

interface Seen {
  readonly client: MemoryClient;
  /** Opened while the drain was already closed to streams: it was promised nothing. */
  readonly isLate: boolean;
  /** When it was opened or last answered. */
  restsSince: number;
  answered: number;
  /** The phase in which its last request was sent. */
  askedIn: DrainPhase;
  hasLeft: boolean;
  finAt?: number;
}

class World {
  readonly clock = new ManualClock(1_000);
  readonly http = new MemoryHttp(this.clock);
  readonly drain: Drain;
  readonly all: Seen[] = [];
  drainingAt = Infinity;
  stoppedAt = Infinity;

  constructor(propagationDelay: number) {
    const options = resolveDrainOptions({ timeout, flushTimeout, propagationDelay });
    this.drain = new Drain(options, this.clock);
    this.drain.listeners.add(new Connections(this.http.server, this.drain, this.http.rests));
    this.drain.events.subscribe((event) => {
      if (event.type !== 'phaseChanged') return;
      if (event.phase === 'draining') this.drainingAt = this.clock.now();
    });
  }

  async perform(step: Step): Promise<void> {
    if (step === 'start') void this.drain.start('SIGTERM');
    else if (step === 'connect') void this.connect();
    else if ('advance' in step) return this.advance(step.advance);
    else if ('ask' in step) this.ask(pick(this.able, step.ask));
    else if ('begin' in step) this.http.begin(pick(this.waiting, step.begin)?.client.path ?? '');
    else if ('finish' in step) this.http.finish(pick(this.waiting, step.finish)?.client.path ?? '');
    else this.leave(pick(this.able, step.leave));
    await this.look();
  }

  /** In small steps, so that what happens is seen at the time at which it happens. */
  async advance(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 50) {
      await this.clock.advanceAsync(Math.min(50, left));
      await this.look();
    }
  }

  /** Everything that is under way is answered; then the drain has no reason to go on. */
  async conclude(): Promise<void> {
    void this.drain.start('SIGTERM');
    await this.advance((this.drain.options.propagationDelay + 0.001) * 1000);
    for (const { client } of this.waiting) this.http.finish(client.path);
    await this.look();
    await this.advance(settle);
    expect(this.drain.phase).toBe('drained');
    const late = this.connect();
    await this.stop(async () => {
      await this.advance(settle - 50);
      this.ask(late);
      await this.look();
      this.http.finish(late.client.path);
    });
    for (const { client, hasLeft } of this.all) {
      if (!hasLeft) expect([client.path, client.answered]).toEqual([client.path, client.asked]);
    }
    expect(this.all.filter(({ client, hasLeft }) => !hasLeft && !client.hasEnded)).toEqual([]);
  }

  private async stop(meanwhile: () => Promise<void>): Promise<void> {
    let isStopped = false;
    this.stoppedAt = this.clock.now();
    void this.drain.stopListeners().then(() => (isStopped = true));
    await this.look();
    await meanwhile();
    await this.look();
    await this.advance(settle + 1);
    expect([isStopped, this.clock.pending]).toEqual([true, 0]);
  }

  private ask(seen: Seen | undefined): void {
    if (!seen) return;
    seen.askedIn = this.drain.phase;
    seen.client.ask();
  }

  /** What the clients have seen by now, and whether it was right. */
  private async look(): Promise<void> {
    await bytesArrive();
    for (const seen of this.all) {
      if (seen.client.answered > seen.answered) {
        seen.answered = seen.client.answered;
        seen.restsSince = this.clock.now();
        if (seen.askedIn !== 'serving') expect(seen.client.isNotified).toBe(true);
      }
      if (seen.client.isWaiting) this.judgeWaiting(seen);
      if (!seen.client.hasEnded || seen.finAt !== undefined || seen.hasLeft) continue;
      seen.finAt = this.clock.now();
      if (!seen.client.isNotified) this.judgeFin(seen);
    }
  }

  /** The drain waits for every answer but those on connections that were opened while it drained. */
  private judgeWaiting({ isLate, hasLeft, askedIn }: Seen): void {
    if (this.drain.phase !== 'drained' || this.drain.expired.aborted || hasLeft) return;
    expect(isLate || askedIn === 'drained').toBe(true);
  }

  /** The law. Looks come every 50 ms, so a time may seem shorter than it was by as much. */
  private judgeFin({ client, isLate, restsSince, finAt = 0 }: Seen): void {
    expect(client.isWaiting).toBe(false);
    expect(finAt - restsSince).toBeGreaterThanOrEqual(settle - 50);
    if (finAt >= this.stoppedAt) return;
    expect([isLate, finAt >= this.drainingAt]).toEqual([false, true]);
    const silence = finAt - Math.max(restsSince, this.drainingAt);
    expect(silence).toBeGreaterThanOrEqual(patience - 50);
  }

  private connect(): Seen {
    const seen: Seen = {
      client: this.http.connect(),
      isLate: this.clock.now() >= this.drainingAt,
      restsSince: this.clock.now(),
      answered: 0,
      askedIn: 'serving',
      hasLeft: false,
    };
    this.all.push(seen);
    return seen;
  }

  private leave(seen: Seen | undefined): void {
    if (!seen) return;
    seen.hasLeft = true;
    seen.client.leave();
  }

  /** Clients that know of no reason not to ask. */
  private get able(): Seen[] {
    return this.all.filter(
      ({ client, hasLeft }) =>
        !hasLeft && !client.isWaiting && !client.isNotified && !client.hasEnded,
    );
  }

  private get waiting(): Seen[] {
    return this.all.filter(({ client }) => client.isWaiting);
  }
}

const pick = <T>(all: readonly T[], index: number): T | undefined => all[index % all.length];

it('law 11: whatever clients do, no promised connection gets a FIN too early, every request is answered, and the drain ends', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(0, 2),
      fc.array(anyStep, { minLength: 5, maxLength: 40 }),
      async (propagationDelay, steps) => {
        const world = new World(propagationDelay);
        for (const step of steps) await world.perform(step);
        await world.conclude();
      },
    ),
    { numRuns: 150 },
  );
});
