// Runs as a process of its own, so that reading streams delays neither the kubelet nor the balancer.
import { say, serve } from '../children/helper.js';
import { watchLateness, type Stall } from '../children/lateness.js';
import { systemClock, type Clock } from '../clock.js';
import { fateOf, fates, liveContext, type Fate } from '../verdict/fate.js';
import { clientFor } from './client-for.js';
import { Load, type Budget } from './load.js';
import { type LoadPlan } from './load-plan.js';
import { recognitionOf, type RecognitionPlan } from './recognition.js';
import { type Stream } from './stream.js';

/** The part of the load that one process runs. */
export interface Share {
  readonly loads: readonly LoadPlan[];
  /** This is the process number `index` of `of`: clients and streams are numbered in turn. */
  readonly index: number;
  readonly of: number;
  readonly port: number;
  readonly recognition: RecognitionPlan;
  readonly maxStreams: number;
  /** Clients start within so many milliseconds. */
  readonly spread: number;
  /** The rehearsal's 0 by the machine's monotonic clock. */
  readonly begin: number;
}

export type ClientsOrder =
  | { readonly start: Share }
  /** Open no streams any more, and say when all have ended, after so many milliseconds at the latest. */
  | { readonly settle: number }
  | { readonly end: true };

export interface LoadStatus {
  readonly open: number;
  readonly ended: Readonly<Record<Fate, number>>;
}

export interface ClientsWord {
  readonly started?: true;
  readonly status?: LoadStatus;
  readonly settled?: { readonly ranDry: boolean };
  readonly end?: { readonly streams: readonly Stream[]; readonly stalls: readonly Stall[] };
}

const statusPeriod = 200;

/** The loads of one process at work. */
class Work {
  readonly #loads: Load[] = [];
  readonly #clock: Clock;
  readonly #budget: Budget;
  readonly #stalls: () => Stall[];
  #streams = 0;

  constructor(private readonly share: Share) {
    this.#clock = systemClock(share.begin);
    this.#stalls = watchLateness(this.#clock);
    this.#budget = { left: Math.ceil(share.maxStreams / share.of) };
    setInterval(() => say({ status: this.#status() } satisfies ClientsWord), statusPeriod).unref();
  }

  async start(): Promise<void> {
    const { loads, port, index, of, spread } = this.share;
    const recognition = await recognitionOf(this.share.recognition);
    const numbered = (count: number) => (count - 1) * of + index + 1;
    for (const plan of loads) {
      const create = () => clientFor(plan, port, recognition, this.#clock);
      const nextId = () => numbered((this.#streams += 1));
      this.#loads.push(new Load(plan, create, this.#clock, this.#budget, nextId, numbered));
    }
    for (const load of this.#loads) load.start(spread);
    say({ started: true } satisfies ClientsWord);
  }

  async settle(bound: number): Promise<void> {
    const ranDry = this.#budget.left === 0;
    const deadline = this.#clock.now() + bound;
    for (const load of this.#loads) load.stopOpening();
    const pending = () => this.#loads.some((load) => load.pending() > 0);
    while (pending() && this.#clock.now() < deadline) await this.#clock.sleep(50);
    say({ settled: { ranDry } } satisfies ClientsWord);
  }

  async end(): Promise<void> {
    const stalls = this.#stalls();
    await Promise.all(this.#loads.map((load) => load.stop()));
    say({ end: { streams: this.#all(), stalls } } satisfies ClientsWord);
  }

  #all(): Stream[] {
    return this.#loads.flatMap((load) => load.streams);
  }

  #status(): LoadStatus {
    const ended = Object.fromEntries(fates.map((fate) => [fate, 0])) as Record<Fate, number>;
    const streams = this.#all();
    for (const stream of streams) if (!stream.open) ended[fateOf(stream, liveContext)] += 1;
    return { open: streams.filter(({ open }) => open).length, ended };
  }
}

let work: Work | undefined;

serve((order: ClientsOrder) => {
  if ('start' in order) {
    work = new Work(order.start);
    void work.start();
  } else if ('settle' in order) void work?.settle(order.settle);
  else void work?.end();
});
