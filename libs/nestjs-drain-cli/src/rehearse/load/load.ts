import { setMaxListeners } from 'node:events';
import { type Clock } from '../clock.js';
import { type Client } from './client.js';
import { isSubscription, type LoadPlan } from './load-plan.js';
import { type Stream } from './stream.js';

/** How many streams may be opened in all; shared by all loads of a rehearsal. */
export interface Budget {
  left: number;
}

/** A group of clients at work. */
export class Load {
  readonly streams: Stream[] = [];
  readonly #opening = new AbortController();
  readonly #running = new AbortController();
  #clients: Promise<void>[] = [];

  constructor(
    private readonly plan: LoadPlan,
    private readonly create: () => Client,
    private readonly clock: Clock,
    private readonly budget: Budget,
    private readonly nextId: () => number,
    /** The number of the first, second … client. */
    private readonly numbered: (count: number) => number,
  ) {}

  /** Starts every client, spread over `spread` milliseconds so that they do not move in step. */
  start(spread: number): void {
    const { clients } = this.plan;
    setMaxListeners(0, this.#opening.signal, this.#running.signal);
    this.#clients = Array.from({ length: clients }, async (_, index) => {
      await this.clock.sleep((spread * index) / clients, this.#opening.signal);
      await this.#work(this.numbered(index + 1));
    });
  }

  /** No new streams from now on. */
  stopOpening(): void {
    this.#opening.abort();
  }

  /** How many streams still have to end, or to come back and prove that they went on, before the rehearsal may. */
  pending(): number {
    const open = this.streams.filter((stream) => stream.open);
    const endsKnown = this.streams.some(({ recognised }) => recognised);
    if (endsKnown || !isSubscription(this.plan.kind)) return open.length;
    return open.filter(({ connected, awaited }) => !connected || awaited).length;
  }

  /** Closes what is still open and resolves when every client has stopped. */
  async stop(): Promise<void> {
    this.stopOpening();
    this.#running.abort();
    await Promise.all(this.#clients);
  }

  async #work(number: number): Promise<void> {
    const client = this.create();
    while (!this.#opening.signal.aborted && this.budget.left > 0) {
      this.budget.left -= 1;
      const stream = this.#open(number);
      await client.run(stream, this.#running.signal);
      const closedByUs = stream.attempts.at(-1)?.ending === 'closed';
      stream.open = closedByUs && stream.terminal === undefined;
      await this.clock.sleep(this.#pause(stream), this.#opening.signal);
    }
    client.close();
  }

  #open(client: number): Stream {
    const { kind, method, path } = this.plan;
    const request = kind === 'websocket' ? path : `${method} ${path}`;
    const stream: Stream = {
      id: this.nextId(),
      client,
      kind,
      request,
      attempts: [],
      events: 0,
      named: false,
      connected: false,
      open: true,
    };
    this.streams.push(stream);
    return stream;
  }

  /** A client that was turned away waits a little: a tight loop would only count its own haste. */
  #pause(stream: Stream): number {
    const { ending } = stream.attempts.at(-1) ?? {};
    const turnedAway = ending === 'refused' || ending === 'status';
    return turnedAway ? Math.max(this.plan.pause, 200) : this.plan.pause;
  }
}
