import { createClient, type RedisClientType } from '@redis/client';
import { Redis } from 'ioredis';
import {
  fromIoredis,
  fromNodeRedis,
  RedisResumeStore,
  type RedisConnection,
} from 'nestjs-drain-resume/redis';
import { openReader, StreamProducers, type ResumableProducer } from 'nestjs-drain-resume';
import { afterEach, describe, expect, test } from '@jest/globals';
import { missingRedis, RedisServer } from './support/redis-server.js';
import { SilentProxy } from './support/silent-proxy.js';
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

  async function startServer(...settings: string[]): Promise<RedisServer> {
    const server = await RedisServer.start(...settings);
    closing.push(() => server.stop());
    return server;
  }

  async function connect(
    server: RedisServer,
    adapt: (connection: RedisConnection) => RedisConnection = (connection) => connection,
    poll = 60,
  ): Promise<Replica> {
    const client: RedisClientType = createClient({
      url: server.url,
      socket: { reconnectStrategy: 20 },
    });
    client.on('error', () => undefined);
    await client.connect();
    const connection = adapt(fromNodeRedis(client));
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
      expect(event.sequence).toBe(payloads.length);
      payloads.push(event.payload);
      await onEvent(event.payload);
    }
    return payloads;
  }

  const words = (count: number) => Array.from({ length: count }, (_, index) => `word ${index}`);

  /** Writes 60 words and has `disturb` happen behind the 20th, read by another replica meanwhile. */
  async function writeAndRead(
    replicas: readonly [Replica, Replica],
    disturb: () => Promise<unknown>,
  ): Promise<{ written: number[]; read: string[] }> {
    const [writer, reader] = replicas;
    const producer = await start(writer);
    const reading = read(reader, producer.id);
    const written: number[] = [];
    for (const word of words(60)) {
      if (word === 'word 20') await disturb();
      written.push(await producer.write(word));
    }
    written.push(await producer.close('end'));
    return { written, read: await reading };
  }

  const everything = {
    written: Array.from({ length: 61 }, (_, index) => index),
    read: [...words(60), 'end'],
  };

  test('wakes readers, who need not wait for their next look', async () => {
    const server = await startServer();
    const replicas = [await connect(server), await connect(server)] as const;
    expect(await writeAndRead(replicas, () => Promise.resolve())).toEqual(everything);
  });

  test('wakes them under a prefix of any characters', async () => {
    const server = await startServer();
    const prefix = `it's "dräin"\\n%s'..`;
    const client = createClient({ url: server.url });
    client.on('error', () => undefined);
    await client.connect();
    closing.push(() => client.destroy());
    const store = new RedisResumeStore({ connection: fromNodeRedis(client), prefix, poll: 60 });
    closing.push(() => store.close());
    const started = await new StreamProducers({ store }).start({ principal, request: '{}' });
    if (started.outcome !== 'started') throw new Error(started.outcome);
    const reading = readAll(store, started.producer.id);
    const channel = `${prefix}:wake:${started.producer.id}`;
    await eventually(async () => {
      expect((await client.pubSubNumSub([channel]))[channel]).toBe(1);
    });
    await started.producer.write('a');
    await started.producer.close('end');
    expect(await reading).toEqual(['a', 'end']);
  });

  test('serves readers whose subscription fails, who then look by themselves', async () => {
    const server = await startServer();
    const deaf = (connection: RedisConnection): RedisConnection => ({
      ...connection,
      subscribe: () => Promise.reject(new Error('NOPERM')),
    });
    const replicas = [await connect(server), await connect(server, deaf, 0.02)] as const;
    expect(await writeAndRead(replicas, () => Promise.resolve())).toEqual(everything);
  });

  test('loses and doubles nothing when every connection is cut', async () => {
    const server = await startServer();
    const replicas = [
      await connect(server, undefined, 0.2),
      await connect(server, undefined, 0.2),
    ] as const;
    const operator = await connect(server);
    const cut = async () => {
      for (const type of ['normal', 'pubsub']) {
        await operator.client.sendCommand(['CLIENT', 'KILL', 'TYPE', type]);
      }
    };
    expect(await writeAndRead(replicas, cut)).toEqual(everything);
  });

  test('loses and doubles nothing when the server hangs for longer than a command may take', async () => {
    const server = await startServer();
    const replicas = [
      await connect(server, undefined, 0.2),
      await connect(server, undefined, 0.2),
    ] as const;
    const hang = () => {
      server.signal('SIGSTOP');
      setTimeout(() => server.signal('SIGCONT'), 600);
      return Promise.resolve();
    };
    expect(await writeAndRead(replicas, hang)).toEqual(everything);
  });

  test.each(['@redis/client', 'ioredis'])(
    'opens a connection again that nothing comes through any more: %s',
    async (library) => {
      const server = await startServer();
      const proxy = await SilentProxy.start(server.port);
      closing.push(() => proxy.stop());
      const url = `redis://127.0.0.1:${proxy.port}`;
      const connection = library === 'ioredis' ? openIoredis(url) : await openNodeRedis(url);
      const store = new RedisResumeStore({ connection, poll: 60, commandTimeout: 0.5 });
      closing.push(() => store.close());
      const streams = new StreamProducers({ store, lease: 30, ttl: 300 });
      const started = await streams.start({ principal, request: '{}' });
      if (started.outcome !== 'started') throw new Error(started.outcome);
      const { producer } = started;
      const reading = readAll(store, producer.id);
      await producer.write('before');
      proxy.silence();
      await producer.write('after');
      await producer.close('end');
      // The reader's subscription was opened again too: it looks by itself only every 60 s.
      expect(await reading).toEqual(['before', 'after', 'end']);
    },
  );

  async function openNodeRedis(url: string): Promise<RedisConnection> {
    const client: RedisClientType = createClient({ url, socket: { reconnectStrategy: 20 } });
    client.on('error', () => undefined);
    await client.connect();
    closing.push(() => client.destroy());
    return fromNodeRedis(client);
  }

  function openIoredis(url: string): RedisConnection {
    const client = new Redis(url);
    client.on('error', () => undefined);
    closing.push(() => client.disconnect());
    return fromIoredis(client);
  }

  async function readAll(store: RedisResumeStore, id: string): Promise<string[]> {
    const opened = await openReader(store, { id, principal, after: -1 });
    if (opened.outcome !== 'open') throw new Error(opened.outcome);
    const payloads: string[] = [];
    for await (const event of opened.reader.events(new AbortController().signal)) {
      payloads.push(event.payload);
    }
    return payloads;
  }

  test('does not repeat what the server will never take', async () => {
    const server = await startServer();
    const replica = await connect(server);
    const producer = await start(replica);
    const [key = ''] = await replica.client.keys(`*:state:${producer.id}`);
    await replica.client.del(key);
    await replica.client.set(key, 'of another kind');
    const sent = Date.now();
    await expect(producer.write('word')).rejects.toMatchObject({ reason: 'rejected' });
    // An outage would be waited for 30 s.
    expect(Date.now() - sent).toBeLessThan(10_000);
  });

  test('goes on when the server has forgotten the scripts', async () => {
    const server = await startServer();
    const replicas = [await connect(server), await connect(server)] as const;
    const flush = () => replicas[0].client.scriptFlush();
    expect(await writeAndRead(replicas, flush)).toEqual(everything);
  });

  test('loses and doubles nothing when a server that writes every command to disk is killed', async () => {
    const server = await startServer('--appendonly', 'yes', '--appendfsync', 'always');
    const replicas = [
      await connect(server, undefined, 0.2),
      await connect(server, undefined, 0.2),
    ] as const;
    const restart = async () => {
      await server.kill();
      await server.run();
    };
    expect(await writeAndRead(replicas, restart)).toEqual(everything);
  });

  test('tells a producer and a reader that their stream is gone with the memory of the server', async () => {
    const server = await startServer();
    const [writer, reader] = [await connect(server), await connect(server, undefined, 0.1)];
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
    expect(await readAll(store, producer.id)).toEqual(['x'.repeat(17_000), 'full']);
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
