import assert from 'node:assert/strict';
import type { ResumeStore, StreamEvent } from '../index.js';

/** One store under test, fresh and empty. */
export interface ResumeStoreHarness {
  readonly store: ResumeStore;
  /** The same streams as another replica sees them. Default: `store`. */
  readonly other?: ResumeStore;
  /** Lets so many seconds pass for the store: a manual clock, or simply waiting. */
  advance(seconds: number): void | Promise<void>;
  /** Makes the store lose everything, as a failover to an empty server does. */
  lose?(): void | Promise<void>;
  close?(): void | Promise<void>;
}

export interface ResumeStoreContractOptions {
  open(): ResumeStoreHarness | Promise<ResumeStoreHarness>;
  /** Seconds of the leases the checks use. Default 10. With a harness that really waits, take less. */
  lease?: number;
  /** Seconds a stream of the checks is kept. Default 6 leases; at least 4. */
  ttl?: number;
  /** The byte limit per stream the harness's store has, at least 1 000 and at most 8 MiB. Default: not checked. */
  maxStreamBytes?: number;
  /** Whether the harness can `lose` everything. Default false: not checked. */
  loses?: boolean;
  /** The limit of retained streams per principal it has, at least 2. Default: not checked. */
  maxStreamsPerPrincipal?: number;
}

/** What every check works with: the harness and words for what checks do again and again. */
export class ContractBench {
  readonly store: ResumeStore;
  readonly other: ResumeStore;

  constructor(
    private readonly harness: ResumeStoreHarness,
    readonly lease: number,
    readonly ttl: number,
  ) {
    this.store = harness.store;
    this.other = harness.other ?? harness.store;
  }

  async advance(seconds: number): Promise<void> {
    await this.harness.advance(seconds);
  }

  async lose(): Promise<void> {
    const { harness } = this;
    assert.ok('lose' in harness, 'with `loses: true` the harness needs `lose()`');
    await harness.lose?.();
  }

  async create(owner = 'one', principal = 'alice'): Promise<{ id: string; epoch: number }> {
    const id = await this.store.newId();
    const created = await this.store.create(this.order(id, owner, principal));
    assert.equal(created.outcome, 'created');
    return { id, epoch: (created as { epoch: number }).epoch };
  }

  order(id: string, owner = 'one', principal = 'alice') {
    return { id, owner, principal, request: 'the request', lease: this.lease, ttl: this.ttl };
  }

  async append(id: string, epoch: number, first: number, events: string[], terminal = false) {
    const result = await this.store.append(id, epoch, first, events, terminal);
    assert.equal(result.outcome, 'appended', `append of ${events.length} at ${first}`);
  }

  async log(id: string, store = this.store): Promise<string[]> {
    const page = await store.read(id, -1, 10_000);
    assert.equal(page.outcome, 'page');
    const { events } = page as { events: readonly StreamEvent[] };
    assert.deepEqual(
      events.map((event) => event.sequence),
      events.map((_, index) => index),
    );
    return events.map((event) => event.payload);
  }

  async claim(id: string, owner: string): Promise<number> {
    const claimed = await this.store.claim(id, owner);
    assert.ok(claimed.outcome === 'claimed', `claim by ${owner} is ${claimed.outcome}`);
    return claimed.head.epoch;
  }

  /** Reads `count` events off a tail, or all until it ends. */
  async tail(id: string, after: number, count = Infinity, store = this.store): Promise<string[]> {
    const stop = new AbortController();
    const seen: string[] = [];
    for await (const page of store.tail(id, after, stop.signal)) {
      for (const event of page.events) {
        assert.equal(event.sequence, after + 1 + seen.length);
        seen.push(event.payload);
      }
      if (seen.length >= count) stop.abort();
    }
    return seen;
  }
}

export type ContractLaw = (bench: ContractBench) => Promise<void>;
