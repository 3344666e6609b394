import { createClient, type RedisClientType } from '@redis/client';
import { fromNodeRedis, RedisResumeStore } from 'nestjs-drain-resume/redis';
import { openReader, StreamProducers, type ResumableProducer } from 'nestjs-drain-resume';
import { afterEach, describe, expect, test } from '@jest/globals';
import { missingRedis, RedisServer } from './support/redis-server.js';
import { eventually } from '../../../testing/eventually.js';

const principal = 'alice@example.org';

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

  async function startServer(): Promise<RedisServer> {
    const server = await RedisServer.start();
    closing.push(() => server.stop());
    return server;
  }

  async function connect(server: RedisServer, poll = 60): Promise<Replica> {
    const client: RedisClientType = createClient({
      url: server.url,
      socket: { reconnectStrategy: 20 },
    });
    client.on('error', () => undefined);
    await client.connect();
    const connection = fromNodeRedis(client);
    const store = new RedisResumeStore({ connection, poll, commandTimeout: 0.2 });
    closing.push(async () => {
      client.destroy();
      await store.close();
    });
    return { client, store, streams: new StreamProducers({ store, lease: 30, ttl: 300 }) };
  }

  async function start({ streams }: Replica): Promise<ResumableProducer> {
    const started = await streams.start({ principal, request: '{}' });
    if (started.outcome !== 'started') throw new Error(started.outcome);
    return started.producer;
  }

  /** Reads to the end; `onEvent` is told of every event as it comes. */
  async function read(
    { store }: Replica,
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
    await replica.client.xTrim(key, 'MAXLEN', 3);
    expect(await replica.store.read(producer.id, -1, 10)).toEqual({ outcome: 'gone' });
    expect(await replica.store.read(producer.id, 1, 10)).toMatchObject({ outcome: 'page' });
    await replica.client.del(key);
    await producer.write('word 5');
    expect(await replica.store.read(producer.id, 1, 10)).toEqual({ outcome: 'gone' });
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
