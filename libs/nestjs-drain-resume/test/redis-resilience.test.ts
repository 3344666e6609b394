import { createClient, type RedisClientType } from '@redis/client';
import { fromNodeRedis, RedisResumeStore } from 'nestjs-drain-resume/redis';
import { openReader, StreamProducers, type ResumableProducer } from 'nestjs-drain-resume';
import { afterEach, describe, expect, test } from '@jest/globals';
import { missingRedis, RedisServer } from './support/redis-server.js';
import { eventually } from '../../../testing/eventually.js';

const principal = 'alice@example.org';

/** Seconds to a reader's next look by itself: longer than any test may take. */
const never = 3_600;

/** A replica: its own connection, its own store. Closed with the test. */
interface Replica {
  readonly client: RedisClientType;
  readonly store: RedisResumeStore;
  readonly streams: StreamProducers;
}

(missingRedis ? describe.skip : describe)('Redis store', () => {
  const closing: (() => unknown)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });

  async function startServer(...settings: string[]): Promise<RedisServer> {
    const server = await RedisServer.start(...settings);
    closing.push(() => server.stop());
    return server;
  }

  async function connect(server: RedisServer, poll = never): Promise<Replica> {
    const client: RedisClientType = createClient({
      url: server.url,
      socket: { reconnectStrategy: 20 },
    });
    client.on('error', () => undefined);
    await client.connect();
    const connection = fromNodeRedis(client);
    const store = new RedisResumeStore({ connection, poll, commandTimeout: 0.2 });
    const streams = new StreamProducers({ store, lease: 30, ttl: 300 });
    closing.push(async () => {
      await streams.handOff();
      client.destroy();
      await store.close();
    });
    return { client, store, streams };
  }

  async function start({ streams }: Replica): Promise<ResumableProducer> {
    const started = await streams.start({ principal, request: '{}' });
    if (started.outcome !== 'started') throw new Error(started.outcome);
    return started.producer;
  }

  /** Reads to the end; `onEvent` is told of every event as it comes. */
  async function read(
    { store }: Pick<Replica, 'store'>,
    id: string,
    onEvent: (payload: string) => unknown = () => undefined,
  ): Promise<string[]> {
    const opened = await openReader(store, { id, principal, after: -1 });
    if (opened.outcome !== 'open') throw new Error(opened.outcome);
    const payloads: string[] = [];
    for await (const event of opened.reader.events(new AbortController().signal)) {
      payloads.push(event.payload);
      await onEvent(event.payload);
    }
    return payloads;
  }

  const words = (count: number) => Array.from({ length: count }, (_, index) => `word ${index}`);

  test('wakes readers under a prefix of any characters', async () => {
    const server = await startServer();
    const prefix = `it's "dräin"\\n%s'..🐘`;
    const client = createClient({ url: server.url });
    client.on('error', () => undefined);
    await client.connect();
    closing.push(() => client.destroy());
    const store = new RedisResumeStore({ connection: fromNodeRedis(client), prefix, poll: never });
    closing.push(() => store.close());
    const started = await new StreamProducers({ store }).start({ principal, request: '{}' });
    if (started.outcome !== 'started') throw new Error(started.outcome);
    const reading = read({ store }, started.producer.id);
    const channel = `${prefix}:wake:${started.producer.id}`;
    await eventually(async () => {
      expect((await client.pubSubNumSub([channel]))[channel]).toBe(1);
    });
    await started.producer.write('a');
    await started.producer.close('end');
    expect(await reading).toEqual(['a', 'end']);
  });

  test('ends no production because a replica of the server knows nothing of it', async () => {
    const primary = await startServer();
    const server = await startServer('--replicaof', '127.0.0.1', '1');
    const [{ store }, replica] = [await connect(primary), await connect(server)];
    const stream = { owner: 'one', principal, request: '', lease: 5, ttl: 60 };
    const id = await store.newId();
    const created = await store.create({ id, ...stream });
    if (created.outcome !== 'created') throw new Error(created.outcome);
    const unavailable = { name: 'StoreUnavailableError' };
    const { epoch } = created;
    await expect(replica.store.append(id, epoch, 0, ['a'])).rejects.toMatchObject(unavailable);
    await expect(replica.store.renew(id, epoch)).rejects.toMatchObject(unavailable);
    await expect(replica.store.release(id, epoch)).rejects.toMatchObject(unavailable);
    expect(await store.append(id, epoch, 0, ['a'])).toMatchObject({ outcome: 'appended' });
    expect(await store.append(id, epoch + 1, 1, ['b'])).toEqual({ outcome: 'fenced' });
  });

  test('goes on when the server has forgotten the scripts', async () => {
    const server = await startServer();
    const [writer, reader] = [await connect(server), await connect(server)];
    const producer = await start(writer);
    const reading = read(reader, producer.id, () => writer.client.scriptFlush());
    for (const word of words(3)) await producer.write(word);
    await producer.close('end');
    expect(await reading).toEqual([...words(3), 'end']);
  });

  test('tells a producer and a reader that their stream is gone with the memory of the server', async () => {
    const server = await startServer();
    const [writer, reader] = [await connect(server), await connect(server, 0.1)];
    const producer = await start(writer);
    await producer.write('before');
    const restart = async () => {
      await server.kill();
      await server.run();
    };
    const reading = read(reader, producer.id, restart);
    await expect(reading).rejects.toMatchObject({ reason: 'gone' });
    await expect(producer.write('after')).rejects.toMatchObject({ reason: 'gone' });
    const stranger = await connect(server);
    expect(await stranger.store.head(producer.id)).toEqual({ outcome: 'gone' });
    const next = await start(stranger);
    expect(await stranger.store.read(next.id, -1, 1)).toMatchObject({ outcome: 'page', next: 0 });
  });

  test('never gives what is left of a log for the whole', async () => {
    const server = await startServer();
    const replica = await connect(server);
    const producer = await start(replica);
    await Promise.all(words(5).map((word) => producer.write(word)));
    const [key = ''] = await replica.client.keys(`*:events:${producer.id}`);
    await replica.client.lTrim(key, 2, -1);
    expect(await replica.store.read(producer.id, -1, 10)).toEqual({ outcome: 'gone' });
    // Its entries have moved up: event 2 would be given for event 0.
    expect(await replica.store.read(producer.id, 1, 1)).toEqual({ outcome: 'gone' });
    await expect(producer.write('word 5')).rejects.toMatchObject({ reason: 'gone' });
  });

  test('takes more events at once than Lua takes arguments', async () => {
    const server = await startServer();
    const { store, streams } = await connect(server);
    const started = await streams.start({ principal, request: '{}' });
    if (started.outcome !== 'started') throw new Error(started.outcome);
    const { id, epoch } = started.producer;
    const events = words(9001);
    await store.append(id, epoch, 0, events.slice(0, 1500));
    const repeated = await store.append(id, epoch, 0, events);
    expect(repeated).toEqual({ outcome: 'appended', next: 9001, cancelRequested: false });
    const page = await store.read(id, -1, 10_000);
    if (page.outcome !== 'page') throw new Error(page.outcome);
    expect(page.events.map(({ payload }) => payload)).toEqual(events);
  });

  test('lets a principal that keeps too much log no more, but an end', async () => {
    const server = await startServer();
    const { client } = await connect(server);
    const connection = fromNodeRedis(client);
    const store = new RedisResumeStore({ connection, maxBytesPerPrincipal: 16_000 });
    closing.push(() => store.close());
    const started = await new StreamProducers({ store }).start({ principal, request: '{}' });
    if (started.outcome !== 'started') throw new Error(started.outcome);
    const { producer } = started;
    await producer.write('x'.repeat(17_000));
    await expect(producer.write('y')).rejects.toMatchObject({ reason: 'tooLarge' });
    await producer.fail('full');
    expect(await read({ store }, producer.id)).toEqual(['x'.repeat(17_000), 'full']);
  });

  test('keeps no trace of owners that logged nothing', async () => {
    const server = await startServer();
    const { store, client, streams } = await connect(server);
    const started = await streams.start({ principal, request: '{}' });
    if (started.outcome !== 'started') throw new Error(started.outcome);
    const { id } = started.producer;
    let { epoch } = started.producer;
    const epochs = [epoch];
    for (let sequence = 0; sequence < 12; sequence += 1) {
      await store.append(id, epoch, sequence, [`event ${sequence}`]);
      for (let silent = 0; silent < 3; silent += 1) {
        await store.release(id, epoch);
        const claimed = await store.claim(id, `owner ${silent}`);
        if (claimed.outcome !== 'claimed') throw new Error(claimed.outcome);
        ({ epoch } = claimed.head);
      }
      epochs.push(epoch);
    }
    const [key = ''] = await client.keys(`*:state:${id}`);
    const noted = epochs.map((one, sequence) => `;${sequence}:${one}`).join('');
    expect(await client.hGet(key, 'epochs')).toBe(noted);
  });

  test('makes no new log where an old one was evicted', async () => {
    const server = await startServer();
    const replica = await connect(server);
    const producer = await start(replica);
    await producer.write('word 0');
    const [key = ''] = await replica.client.keys(`*:events:${producer.id}`);
    await replica.client.del(key);
    await expect(producer.write('word 1')).rejects.toMatchObject({ reason: 'gone' });
    expect(await replica.store.read(producer.id, 0, 10)).toEqual({ outcome: 'gone' });
    expect(await replica.client.exists(key)).toBe(0);
  });

  test('has one subscription per stream and process, and none without readers', async () => {
    const server = await startServer();
    const replica = await connect(server);
    const producer = await start(replica);
    const channel = `drain:wake:${producer.id}`;
    const listening = async () => Number((await replica.client.pubSubNumSub([channel]))[channel]);
    const readers = [1, 2, 3].map(() => read(replica, producer.id));
    await eventually(async () => expect(await listening()).toBe(1));
    await producer.close('end');
    expect(await Promise.all(readers)).toEqual([['end'], ['end'], ['end']]);
    await eventually(async () => expect(await listening()).toBe(0));
  });

  test('leaves nothing of a stream for ever, and no name of a principal in a key', async () => {
    const server = await startServer();
    const replica = await connect(server);
    const closed = await start(replica);
    await closed.write('word');
    await closed.close('end');
    const open = await start(replica);
    await open.write('word');
    const keys = await replica.client.keys('*');
    expect(keys.filter((key) => key.includes(principal))).toEqual([]);
    const forever: string[] = [];
    for (const key of keys) if ((await replica.client.pTTL(key)) < 0) forever.push(key);
    // The mark of the server's life, and the leases of open streams, which take them off when they end.
    expect(forever.filter((key) => !/^drain:(incarnation|\{\d+\}:leases)$/.test(key))).toEqual([]);
    await open.close('end');
    expect(await replica.client.keys('*:leases')).toEqual([]);
  });
});
