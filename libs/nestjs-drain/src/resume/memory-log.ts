import type { AppendRefused, Appended } from './outcome.js';
import type { NewStream, StreamHead, StreamPage } from './stream.js';

/** A terminal event may pass the limit by so many bytes: a stream that grew too large must still end. */
export const terminalAllowance = 65_536;

/** One stream of the memory store. Times are the clock's milliseconds. */
export class MemoryLog {
  owner: string | undefined;
  closed = false;
  cancelRequested = false;
  bytes = 0;
  leaseEnd = 0;
  expiry = 0;
  readonly watchers = new Set<() => void>();
  readonly #events: string[] = [];

  constructor(
    readonly stream: NewStream,
    public epoch: number,
    private readonly incarnation: string,
    now: number,
  ) {
    this.bytes = Buffer.byteLength(stream.request);
    this.own(stream.owner, epoch, now);
  }

  get next(): number {
    return this.#events.length;
  }

  own(owner: string | undefined, epoch: number, now: number): void {
    this.owner = owner;
    this.epoch = epoch;
    this.extend(now);
    if (owner === undefined) this.leaseEnd = Number.NEGATIVE_INFINITY;
  }

  extend(now: number): void {
    this.leaseEnd = now + this.stream.lease * 1000;
    this.expiry = now + this.stream.ttl * 1000;
  }

  isLapsed(now: number): boolean {
    return !this.closed && this.leaseEnd <= now;
  }

  head(now: number): StreamHead {
    const { id, principal, request } = this.stream;
    const { owner, epoch, next, closed, cancelRequested, incarnation } = this;
    const lapsed = this.isLapsed(now);
    return {
      id,
      principal,
      request,
      owner,
      epoch,
      next,
      closed,
      cancelRequested,
      lapsed,
      incarnation,
    };
  }

  page(after: number, limit: number): StreamPage {
    const events = this.#events
      .slice(after + 1, after + 1 + limit)
      .map((payload, index) => ({ sequence: after + 1 + index, payload }));
    const { next, closed, incarnation } = this;
    return { outcome: 'page', events, next, closed, incarnation };
  }

  /** What of a batch is still to be logged, or why nothing of it will be. */
  remainder(
    epoch: number,
    first: number,
    events: readonly string[],
    terminal: boolean,
  ): { readonly outcome: 'news'; readonly events: readonly string[] } | Appended | AppendRefused {
    if (epoch !== this.epoch) return { outcome: 'fenced' };
    const logged = this.next - first;
    const repeated = logged >= events.length && (!terminal || this.closed);
    if (repeated) return this.appended();
    if (this.closed) return { outcome: 'closed' };
    // A terminal event in the middle of the log contradicts it as much as one behind its end.
    if (logged < 0 || logged > events.length) return { outcome: 'gapped', next: this.next };
    return { outcome: 'news', events: events.slice(logged) };
  }

  log(events: readonly string[], bytes: number, terminal: boolean, now: number): Appended {
    this.#events.push(...events);
    this.bytes += bytes;
    this.closed = terminal;
    this.extend(now);
    this.wake();
    return this.appended();
  }

  wake(): void {
    for (const wake of [...this.watchers]) wake();
  }

  private appended(): Appended {
    return { outcome: 'appended', next: this.next, cancelRequested: this.cancelRequested };
  }
}
