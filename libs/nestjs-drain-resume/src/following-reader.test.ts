import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type FollowedStream, FollowingReader } from './following-reader.js';
import { MemoryResumeStore } from './memory-store.js';
import type { Production } from './production.js';
import { ResumableReader } from './reader.js';
import { ResumableStreamService } from './resumable-stream-service.js';
import { StreamProducers } from './stream-producers.js';
import { ManualClock } from './testing/manual-clock.js';
import { StoreLink } from './testing/store-link.js';

const lease = 4;
const principal = 'alice';
const policy = { background: true, grace: 0 };
const payload = (sequence: number): string => `event ${sequence}`;

/** A process with a part of the readers, and sometimes the producer. */
class Replica {
  readonly link: StoreLink;
  readonly service: ResumableStreamService;
  isLeaving = false;
  production: Production | undefined;

  constructor(store: MemoryResumeStore, clock: ManualClock) {
    this.link = new StoreLink(store);
    const producers = new StreamProducers({
      store: this.link,
      clock,
      lease,
      ttl: 600,
      storeTimeout: 60,
      maxAttempts: 1000,
    });
    this.service = new ResumableStreamService(producers, {
      clock,
      handOff: 'deadline',
      isLeaving: () => this.isLeaving,
      deadline: new AbortController().signal,
      track: () => undefined,
      onError: () => undefined,
    });
  }

  write(count: number): void {
    const { production } = this;
    if (!production || production.signal.aborted) return;
    const { next } = production.cursor;
    void production.writeAll(Array.from({ length: count }, (_, index) => payload(next + index)));
  }
}

/** A client that takes events as fast as the test lets it. */
class Client {
  readonly seen: string[] = [];
  readonly done: Promise<void>;
  readonly #stop = new AbortController();
  #permits = 0;
  #wake: () => void = () => undefined;

  constructor(
    readonly stream: FollowedStream,
    replica: Replica,
  ) {
    this.done = this.#read((production) => (replica.production = production));
  }

  let(count: number): void {
    this.#permits += count;
    this.#wake();
  }

  leave(): Promise<void> {
    this.#stop.abort();
    this.let(Infinity);
    return this.done;
  }

  async #read(takeOver: (production: Production) => void): Promise<void> {
    for await (const event of this.stream.events(takeOver, this.#stop.signal)) {
      this.seen.push(event.payload);
      while (this.#permits < 1) await new Promise<void>((resolve) => (this.#wake = resolve));
      this.#permits -= 1;
    }
  }
}

class World {
  readonly clock = new ManualClock();
  readonly store = new MemoryResumeStore({ clock: this.clock });
  readonly replicas = [
    new Replica(this.store, this.clock),
    new Replica(this.store, this.clock),
  ] as const;
  readonly clients: Client[] = [];
  id = '';

  static async start(): Promise<World> {
    const world = new World();
    const [first] = world.replicas;
    const opened = await first.service.start({ principal, request: '', ...policy });
    if (opened.outcome !== 'open') throw new Error(opened.outcome);
    world.id = opened.stream.id;
    first.production = opened.stream.production;
    world.clients.push(new Client(opened.stream, first));
    return world;
  }

  /** A client that has seen a part of what is logged. */
  async join(at: 0 | 1, part: number): Promise<Client | undefined> {
    const found = await this.store.head(this.id);
    const next = found.outcome === 'found' ? found.head.next : 0;
    const after = Math.floor(part * next) - 1;
    const replica = this.replicas[at];
    const opened = await replica.service.resume({ id: this.id, principal, after });
    if (opened.outcome !== 'open') return undefined;
    if (opened.stream.production) replica.production = opened.stream.production;
    const client = new Client(opened.stream, replica);
    this.clients.push(client);
    return client;
  }

  /** The links are back, the producer ends the stream, and every client reads on. */
  async finish(): Promise<readonly string[]> {
    for (const { link } of this.replicas) link.isCut = false;
    for (const { link } of this.replicas) link.lost = 0;
    for (const client of this.clients) client.let(Infinity);
    for (let round = 0; round < 20 && !(await this.#isClosed()); round += 1) {
      (await this.join(1, 1))?.let(Infinity);
      for (const { production } of this.replicas)
        void production?.close('end').catch(() => undefined);
      await this.clock.advanceAsync(2 * lease * 1000);
    }
    await this.clock.advanceAsync(60_000);
    return this.#log();
  }

  async #isClosed(): Promise<boolean> {
    const found = await this.store.head(this.id);
    return found.outcome === 'found' && found.head.closed;
  }

  async #log(): Promise<readonly string[]> {
    const page = await this.store.read(this.id, -1, 100_000);
    return page.outcome === 'page' ? page.events.map((event) => event.payload) : [];
  }
}

const where = fc.constantFrom<0 | 1>(0, 1);
const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('write' as const),
      at: where,
      count: fc.integer({ min: 1, max: 6 }),
    }),
  },
  fc.record({
    do: fc.constant('join' as const),
    at: where,
    part: fc.double({ min: 0, max: 1, noNaN: true }),
  }),
  fc.record({
    do: fc.constant('let' as const),
    client: fc.nat(5),
    count: fc.integer({ min: 1, max: 9 }),
  }),
  fc.record({ do: fc.constant('cut' as const), at: where }),
  fc.record({ do: fc.constant('heal' as const), at: where }),
  fc.record({ do: fc.constant('lose' as const), at: where }),
  fc.record({ do: fc.constant('pass' as const), seconds: fc.integer({ min: 1, max: 6 }) }),
  fc.record({ do: fc.constant('release' as const), at: where }),
  fc.record({ do: fc.constant('settle' as const) }),
);

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

async function play(world: World, command: Step): Promise<void> {
  switch (command.do) {
    case 'write':
      return world.replicas[command.at].write(command.count);
    case 'join':
      return void (await world.join(command.at, command.part));
    case 'let':
      return world.clients[command.client]?.let(command.count);
    case 'cut':
      return void (world.replicas[command.at].link.isCut = true);
    case 'lose':
      return void (world.replicas[command.at].link.lost += 1);
    case 'heal':
      return void (world.replicas[command.at].link.isCut = false);
    case 'release':
      return void world.replicas[command.at].production?.release();
    case 'pass':
      return world.clock.advanceAsync(command.seconds * 1000);
    case 'settle':
      return world.clock.advanceAsync(0);
  }
}

describe('a reader of a resumable stream', () => {
  it('gets what follows once, in order and to the end, wherever its producer is', async () => {
    const law = fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (commands) => {
      const world = await World.start();
      for (const command of commands) await play(world, command);
      const log = await world.finish();
      expect(log.at(-1)).toBe('end');
      expect(log.slice(0, -1)).toEqual(log.slice(0, -1).map((_, sequence) => payload(sequence)));
      for (const { seen, stream } of world.clients)
        expect(seen).toEqual(log.slice(stream.after + 1));
    });
    await fc.assert(law, { numRuns: 300 });
  });

  it('asks the store for nothing while it sits beside the producer', async () => {
    const world = await World.start();
    const [replica] = world.replicas;
    const [client] = world.clients;
    client?.let(Infinity);
    for (let turn = 0; turn < 20; turn += 1) {
      replica.write(1);
      await world.clock.advanceAsync(10);
    }
    expect(client?.seen).toHaveLength(20);
    expect([replica.link.reads, replica.link.pages]).toEqual([0, 0]);
  });

  it('reads what it missed from the log, and the rest from the producer', async () => {
    const world = await World.start();
    const [replica] = world.replicas;
    replica.write(5);
    await world.clock.advanceAsync(0);
    const client = await world.join(0, 0.4);
    client?.let(Infinity);
    await world.clock.advanceAsync(0);
    const { reads, pages } = replica.link;
    for (let turn = 0; turn < 20; turn += 1) {
      replica.write(1);
      await world.clock.advanceAsync(10);
    }
    expect(client?.seen).toEqual(Array.from({ length: 23 }, (_, index) => payload(index + 2)));
    expect([replica.link.reads, replica.link.pages]).toEqual([reads, pages]);
  });

  it('moves to the producer when the stream goes on beside it', async () => {
    const world = await World.start();
    const [lost, heir] = world.replicas;
    lost.write(3);
    await world.clock.advanceAsync(0);
    const client = await world.join(1, 0);
    client?.let(Infinity);
    lost.link.isCut = true;
    await world.clock.advanceAsync(2 * lease * 1000);
    const { pages } = heir.link;
    for (let turn = 0; turn < 20; turn += 1) {
      heir.write(1);
      await world.clock.advanceAsync(10);
    }
    expect(client?.seen).toHaveLength(23);
    expect(heir.link.pages).toBe(pages);
  });

  it('gets nothing twice that it read before the producer knew that it was logged', async () => {
    const world = await World.start();
    const [replica] = world.replicas;
    replica.link.lost = 1;
    replica.write(2);
    await world.clock.advanceAsync(0);
    const client = await world.join(0, 1);
    client?.let(Infinity);
    await world.clock.advanceAsync(1000);
    replica.write(1);
    await world.clock.advanceAsync(0);
    expect(client?.seen).toEqual([payload(2)]);
  });

  it('keeps no more than a bound for a reader that stands still', async () => {
    const world = await World.start();
    const [replica] = world.replicas;
    const { production } = replica;
    for (let turn = 0; turn < 6; turn += 1) {
      void production?.write('x'.repeat(300_000));
      await world.clock.advanceAsync(0);
    }
    expect(replica.link.pages).toBe(0);
    const [client] = world.clients;
    client?.let(Infinity);
    await world.clock.advanceAsync(0);
    expect(client?.seen).toHaveLength(6);
    // What was not kept for it came from the log.
    expect(replica.link.pages).toBeGreaterThan(0);
  });

  it('leaves nothing behind when its client leaves', async () => {
    const world = await World.start();
    const [client] = world.clients;
    await world.clock.advanceAsync(0);
    await client?.leave();
    await world.replicas[0].production?.close('end');
    expect(world.clock.pending).toBe(0);
  });

  it('looks no more after a stream that ended, on a replica that shuts down too', async () => {
    const world = await World.start();
    const [leaving, heir] = world.replicas;
    const [client] = world.clients;
    leaving.write(3);
    await world.clock.advanceAsync(0);
    leaving.isLeaving = true;
    await leaving.service.releaseAll();
    (await world.join(1, 1))?.let(Infinity);
    // Its client reads nothing meanwhile: only the watch knows that the stream is over.
    await heir.production?.close('end');
    await world.clock.advanceAsync(lease * 1000);
    expect(world.clock.pending).toBe(0);
    client?.let(Infinity);
    await client?.done;
    expect(client?.seen).toEqual([payload(0), payload(1), payload(2), 'end']);
  });
});

describe('a stream that was deleted, and begun anew under its id', () => {
  const other = (count: number) => Array.from({ length: count }, (_, index) => `other ${index}`);

  /** A reader beside the second replica that has not heard of the end of the stream that the first one produced. */
  async function setUp() {
    const world = await World.start();
    const [first, second] = world.replicas;
    first.write(3);
    await world.clock.advanceAsync(0);
    const client = (await world.join(1, 0))!;
    client.let(Infinity);
    await world.clock.advanceAsync(0);
    second.link.isDeaf = true;
    client.done.catch(() => undefined);
    return { world, first, second, client };
  }

  async function beginAnew({ id, clock }: World, replica: Replica): Promise<void> {
    await replica.service.delete(id, principal);
    const opened = await replica.service.start({ id, principal, request: 'other', ...policy });
    if (opened.outcome !== 'open') throw new Error(opened.outcome);
    replica.production = opened.stream.production;
    void replica.production?.writeAll(other(2));
    await clock.advanceAsync(0);
  }

  it('is not spliced to what a reader has of the earlier one, though it is produced beside it', async () => {
    const { world, second, client } = await setUp();
    await beginAnew(world, second);
    await world.clock.advanceAsync(2 * lease * 1000);
    void second.production?.writeAll(other(6));
    await world.clock.advanceAsync(0);
    expect(client.seen).toEqual([0, 1, 2].map(payload));
  });

  it('is not continued by the handler of the earlier one', async () => {
    const { world, first, second } = await setUp();
    await beginAnew(world, first);
    first.link.isCut = true;
    await world.clock.advanceAsync(3 * lease * 1000);
    expect(second.production).toBeUndefined();
    const resumed = await second.service.resume({ id: world.id, principal, after: -1 });
    expect(resumed).toMatchObject({ outcome: 'open', stream: { request: 'other' } });
  });

  it('is fed to its readers when the producer of the earlier one ends late', async () => {
    const world = await World.start();
    const [replica] = world.replicas;
    const earlier = replica.production!;
    world.clients[0]?.done.catch(() => undefined);
    await beginAnew(world, replica);
    await earlier.fail('late').catch(() => undefined);
    const client = (await world.join(0, 1))!;
    client.let(Infinity);
    await world.clock.advanceAsync(0);
    const { pages } = replica.link;
    void replica.production?.writeAll(['one', 'two']);
    await world.clock.advanceAsync(0);
    expect([client.seen, replica.link.pages]).toEqual([['one', 'two'], pages]);
  });

  it('is not taken for the answer to what was asked before', async () => {
    const store = new MemoryResumeStore();
    const replica = new Replica(store, new ManualClock());
    const id = await store.newId();
    const { create } = replica.link;
    replica.link.create = async (stream) => {
      const created = await create(stream);
      await store.delete(id);
      await store.create({ ...stream, owner: 'another replica', request: 'other' });
      return created;
    };
    const opened = await replica.service.start({ id, principal, request: 'mine', ...policy });
    expect(opened).toEqual({ outcome: 'gone' });
  });

  it('is not read beside the production of the earlier one', async () => {
    const world = await World.start();
    const [first, second] = world.replicas;
    world.clients[0]?.done.catch(() => undefined);
    await first.production!.release();
    const { claim } = second.link;
    second.link.claim = async (...args) => {
      second.link.claim = claim;
      const claimed = await claim(...args);
      await beginAnew(world, first);
      return claimed;
    };
    const resumed = await second.service.resume({ id: world.id, principal, after: -1 });
    expect(resumed).toEqual({ outcome: 'gone' });
  });

  it('is not deleted by a request that meant the earlier one', async () => {
    const world = await World.start();
    const { service } = world.replicas[0];
    const before = await service.peek({ id: world.id, principal, after: -1 });
    if (before.outcome !== 'found') throw new Error(before.outcome);
    world.clients[0]?.done.catch(() => undefined);
    await beginAnew(world, world.replicas[0]);
    const late = await service.delete(world.id, principal, before.incarnation);
    expect(late).toEqual({ outcome: 'gone' });
    expect(world.replicas[0].production?.signal.aborted).toBe(false);
    expect(await service.logged(world.id)).toEqual({ outcome: 'logged', payloads: other(2) });
  });

  it('is not cancelled by the delete that made room for it', async () => {
    const world = await World.start();
    const [replica] = world.replicas;
    const { delete: remove } = replica.link;
    world.clients[0]?.done.catch(() => undefined);
    replica.link.delete = async (id, incarnation) => {
      replica.link.delete = remove;
      const deleted = await remove(id, incarnation);
      await beginAnew(world, replica);
      return deleted;
    };
    await replica.service.delete(world.id, principal);
    expect(replica.production?.signal.aborted).toBe(false);
  });
});

it('a reader that leaves looks no more after its stream, also where the store fails to close its tail', async () => {
  const clock = new ManualClock();
  const store = new MemoryResumeStore({ clock });
  const created = await store.create({
    id: 's',
    owner: 'a',
    principal,
    request: '',
    lease,
    ttl: 600,
  });
  if (created.outcome !== 'created') throw new Error(created.outcome);
  await store.append('s', created.epoch, 0, ['event']);
  const found = await store.head('s');
  if (found.outcome !== 'found') throw new Error(found.outcome);
  const failure = new Error('connection lost');
  const tail = store.tail.bind(store);
  store.tail = async function* (...args) {
    try {
      yield* tail(...args);
    } finally {
      // eslint-disable-next-line no-unsafe-finally -- as a store may do it
      throw failure;
    }
  };
  const place = { sequence: -1, epoch: undefined };
  const registry = {
    ...{ clock, interval: 1_000, local: () => undefined },
    takeOver: () => Promise.resolve('elsewhere' as const),
  };
  const reader = new ResumableReader(store, found.head, place, undefined);
  const following = new FollowingReader(reader, '', undefined, registry);
  const pages = following.pages(() => undefined, new AbortController().signal);
  expect((await pages.next()).value).toMatchObject([{ payload: 'event' }]);
  await expect(pages.return()).rejects.toBe(failure);
  expect(clock.pending).toBe(0);
});

describe('the pages of a stream', () => {
  /** The same stream for a reader beside its producer, and for one that reads the log. */
  async function setUp() {
    const world = await World.start();
    const [first, second] = world.replicas;
    world.clients[0]?.let(Infinity);
    const streams = await Promise.all(
      [first, second].map(async ({ service }) => {
        const opened = await service.resume({ id: world.id, principal, after: -1 });
        if (opened.outcome !== 'open') throw new Error(opened.outcome);
        return opened.stream;
      }),
    );
    const [beside, elsewhere] = streams as [FollowedStream, FollowedStream];
    return { world, first, beside, elsewhere };
  }

  /** No reader here takes its stream over. */
  const iteratorOf = (stream: FollowedStream) =>
    stream.pages(() => undefined, new AbortController().signal)[Symbol.asyncIterator]();

  it.each(['beside', 'elsewhere'] as const)(
    'come one by one to calls that do not wait for each other (%s)',
    async (where) => {
      const { world, first, [where]: stream } = await setUp();
      const iterator = iteratorOf(stream);
      const pages = [iterator.next(), iterator.next()];
      first.write(1);
      expect((await pages[0])?.value).toMatchObject([{ payload: payload(0) }]);
      first.write(1);
      expect((await pages[1])?.value).toMatchObject([{ payload: payload(1) }]);
      await iterator.return?.();
      await world.clients[0]?.leave();
    },
  );

  it.each(['beside', 'elsewhere'] as const)(
    'end for a call that waits when their reader leaves (%s)',
    async (where) => {
      const { world, [where]: stream } = await setUp();
      const iterator = iteratorOf(stream);
      const waiting = [iterator.next(), iterator.next()];
      await iterator.return?.();
      const over = { done: true, value: undefined };
      expect(await Promise.all(waiting)).toEqual([over, over]);
      expect(await iterator.next()).toEqual(over);
      await world.clients[0]?.leave();
    },
  );
});

it('the deadline ends all that is produced, also that in whose place another replica has begun anew', async () => {
  const [clock, leaving] = [new ManualClock(), new AbortController()];
  const store = new MemoryResumeStore({ clock });
  const service = new ResumableStreamService(
    new StreamProducers({ store, clock, lease, ttl: 600, storeTimeout: 60 }),
    {
      clock,
      handOff: undefined,
      deadline: leaving.signal,
      isLeaving: () => false,
      track: () => undefined,
      onError: () => undefined,
    },
  );
  const start = async (): Promise<Production> => {
    const opened = await service.start({ id: 'same', principal, request: '', ...policy });
    if (opened.outcome !== 'open' || !opened.stream.production) throw new Error(opened.outcome);
    return opened.stream.production;
  };
  const before = await start();
  await store.delete('same');
  const after = await start();
  const reason = new Error('the deadline');
  leaving.abort(reason);
  expect([before, after].map(({ signal }) => signal.reason as unknown)).toEqual([reason, reason]);
});
