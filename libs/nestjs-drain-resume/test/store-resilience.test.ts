import {
  openReader,
  ProductionStoppedError,
  StreamProducers,
  type ResumableProducer,
  type ResumeStore,
} from 'nestjs-drain-resume';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import {
  ioredis,
  nodeRedis,
  postgres,
  type ConnectOptions,
  type Engine,
  type EngineServer,
} from './support/engines.js';
import { SilentProxy } from './support/silent-proxy.js';
import { eventually } from '../../../testing/eventually.js';

const principal = 'alice@example.org';

/** Seconds to a reader's next look by itself: longer than any test may take. */
const never = 3_600;

/** A replica: its own connections, its own store. Closed with the test. */
interface Replica {
  readonly store: ResumeStore;
  readonly streams: StreamProducers;
}

const closing: (() => unknown)[] = [];

async function connect(
  server: EngineServer,
  options: Partial<ConnectOptions> & { port?: number; lease?: number } = {},
): Promise<Replica> {
  const { store, close } = await server.connect({ poll: never, ...options }, options.port);
  const streams = new StreamProducers({ store, lease: options.lease ?? 30, ttl: 300 });
  closing.push(async () => {
    await streams.handOff();
    await close();
  });
  return { store, streams };
}

async function start({ streams }: Replica): Promise<ResumableProducer> {
  const started = await streams.start({ principal, request: '{}' });
  if (started.outcome !== 'started') throw new Error(started.outcome);
  return started.producer;
}

/** Takes a stream over as soon as its lease has lapsed. */
async function takeOver({ streams }: Replica, id: string): Promise<ResumableProducer> {
  return eventually(async () => {
    const taken = await streams.takeOver(id);
    if (taken.outcome !== 'takenOver') throw new Error(taken.outcome);
    return taken.producer;
  });
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

const words = (count: number, first = 0) =>
  Array.from({ length: count }, (_, index) => `word ${first + index}`);

/** Writes 60 words and has `disturb` happen behind the 20th, read by another replica meanwhile. */
async function writeAndRead(
  [writer, reader]: readonly [Replica, Replica],
  disturb: () => Promise<unknown>,
): Promise<{ written: number[]; read: string[] }> {
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

function withServer(engine: Engine, tests: (server: () => EngineServer) => void): void {
  (engine.missing ? describe.skip : describe)(engine.name, () => {
    let server: EngineServer;
    beforeAll(async () => {
      server = await engine.start();
    });
    afterEach(async () => {
      for (const close of closing.splice(0).reverse()) await close();
    });
    afterAll(() => server.stop());
    tests(() => server);
  });
}

describe.each([nodeRedis, postgres])('a store on a server that is disturbed', (engine) => {
  withServer(engine, (server) => {
    const pair = async (options: Partial<ConnectOptions> = {}) =>
      [await connect(server(), options), await connect(server(), options)] as const;

    test('wakes readers, who need not wait for their next look', async () => {
      expect(await writeAndRead(await pair(), () => Promise.resolve())).toEqual(everything);
    });

    test('serves readers whose subscription fails, who then look by themselves', async () => {
      const replicas = [
        await connect(server()),
        await connect(server(), { isDeaf: true, poll: 0.02 }),
      ] as const;
      expect(await writeAndRead(replicas, () => Promise.resolve())).toEqual(everything);
    });

    test('loses and doubles nothing when every connection is cut', async () => {
      const cut = () => server().cutConnections();
      expect(await writeAndRead(await pair({ poll: 0.2 }), cut)).toEqual(everything);
    });

    test('wakes readers again when every connection was cut', async () => {
      const replicas = await pair();
      const cut = () => server().cutConnections();
      // Readers look by themselves only every 60 s.
      expect(await writeAndRead(replicas, cut)).toEqual(everything);
    });

    test('loses and doubles nothing when the server hangs for longer than a command may take', async () => {
      const hang = () => {
        server().signal('SIGSTOP');
        setTimeout(() => server().signal('SIGCONT'), 1_500);
        return Promise.resolve();
      };
      expect(await writeAndRead(await pair({ poll: 0.2 }), hang)).toEqual(everything);
    });

    test('loses and doubles nothing when a server that writes everything to disk is killed', async () => {
      const restart = async () => {
        await server().kill();
        await server().run();
      };
      expect(await writeAndRead(await pair({ poll: 0.2 }), restart)).toEqual(everything);
    });

    test('does not repeat what the server will never take', async () => {
      const producer = await start(await connect(server()));
      await server().spoil(producer.id);
      const sent = Date.now();
      await expect(producer.write('word')).rejects.toMatchObject({ reason: 'rejected' });
      // An outage would be waited for 30 s.
      expect(Date.now() - sent).toBeLessThan(10_000);
    });

    test('never gives a hole for a log', async () => {
      const replica = await connect(server());
      const producer = await start(replica);
      await Promise.all(words(5).map((word) => producer.write(word)));
      await server().removeEvents(producer.id);
      for (const after of [-1, 1]) {
        expect(await replica.store.read(producer.id, after, 10)).toEqual({ outcome: 'gone' });
      }
    });

    test('takes nothing of a producer that was cut off for longer than its lease', async () => {
      const proxy = await SilentProxy.start(server().port);
      closing.push(() => proxy.stop());
      const stale = await connect(server(), { port: proxy.port, lease: 1, commandTimeout: 20 });
      const heir = await connect(server(), { lease: 1 });
      const producer = await start(stale);
      await producer.writeAll(words(20));
      const reading = read(heir, producer.id);
      proxy.hold();
      const late = producer.write('zombie');
      const taken = await takeOver(heir, producer.id);
      expect(taken.cursor.next).toBe(20);
      await taken.writeAll(words(20, 20));
      proxy.letGo();
      await expect(late).rejects.toMatchObject({ reason: 'fenced' });
      expect(producer.signal.reason).toBeInstanceOf(ProductionStoppedError);
      await taken.close('end');
      expect(await reading).toEqual([...words(40), 'end']);
    });

    test('tells producers and readers when a failover has lost the latest events', async () => {
      const proxy = await SilentProxy.start(server().port);
      closing.push(() => proxy.stop());
      const options = { port: proxy.port, lease: 1, poll: 0.2 };
      const [writer, reader] = [await connect(server(), options), await connect(server(), options)];
      const producer = await start(writer);
      const seen: string[] = [];
      const reading = read(reader, producer.id, (payload) => seen.push(payload));
      reading.catch(() => undefined);
      await producer.writeAll(words(20));
      const standby = await server().copy();
      closing.push(() => standby.stop());
      const lost = await producer.writeAll(['lost', 'lost']);
      await eventually(() => expect(seen.slice(-2)).toEqual(['lost', 'lost']));
      await server().kill();
      await standby.run();
      proxy.failOver(standby.port);
      await expect(producer.write('behind what was lost')).rejects.toMatchObject({
        reason: 'gapped',
      });
      await expect(reading).rejects.toMatchObject({ reason: 'ahead' });
      const heir = await takeOver(reader, producer.id);
      expect(heir.cursor.next).toBe(20);
      await heir.writeAll(words(20, 20));
      await heir.close('end');
      const cursor = { id: producer.id, principal, after: lost, epoch: producer.epoch };
      expect(await openReader(reader.store, cursor)).toEqual({ outcome: 'replaced' });
      expect(await read(reader, producer.id)).toEqual([...words(40), 'end']);
      await server().run();
    });
  });
});

describe.each([nodeRedis, ioredis, postgres])(
  'a store opens a connection again that nothing comes through any more',
  (engine) => {
    withServer(engine, (server) => {
      test('for commands, and for wake-ups', async () => {
        const proxy = await SilentProxy.start(server().port);
        closing.push(() => proxy.stop());
        const replica = await connect(server(), { port: proxy.port, commandTimeout: 2 });
        const producer = await start(replica);
        let follow = (): void => undefined;
        const following = new Promise<void>((resolve) => (follow = resolve));
        const reading = read(replica, producer.id, () => follow());
        await producer.write('before');
        // What opens a reader is not asked again; from its first event on, it is open.
        await Promise.race([following, reading]);
        proxy.silence();
        await producer.write('after');
        await producer.close('end');
        // The reader's subscription was opened again too: it does not look by itself.
        expect(await reading).toEqual(['before', 'after', 'end']);
      });
    });
  },
);
