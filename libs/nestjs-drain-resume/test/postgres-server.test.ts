import { Client, Pool } from 'pg';
import { openReader, StreamProducers } from 'nestjs-drain-resume';
import {
  PostgresResumeStore,
  postgresSchema,
  type PostgresStoreOptions,
} from 'nestjs-drain-resume/postgres';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { missingPostgres, PostgresServer } from './support/postgres-server.js';
import { passTime } from './support/postgres-time.js';
import { eventually } from '../../../testing/eventually.js';

const principal = 'alice@example.org';

(missingPostgres ? describe.skip : describe)('PostgreSQL store on its server', () => {
  let server: PostgresServer;
  let operator: Pool;
  const closing: (() => unknown)[] = [];

  beforeAll(async () => {
    server = await PostgresServer.start();
    operator = new Pool({ connectionString: server.url });
    operator.on('error', () => undefined);
  });

  beforeEach(() => operator.query('drop schema if exists drain cascade'));

  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });

  afterAll(async () => {
    await operator.end();
    await server.stop();
  });

  /** A replica with connections of its own. */
  function open(options: Partial<PostgresStoreOptions> = {}, url = server.url) {
    const pool = new Pool({ connectionString: url });
    pool.on('error', () => undefined);
    const store = new PostgresResumeStore({ pool, poll: 60, ...options });
    const streams = new StreamProducers({ store, lease: 30, ttl: 300 });
    closing.push(async () => {
      await streams.handOff();
      await store.close();
      await pool.end();
    });
    return { store, streams };
  }

  async function start(streams: StreamProducers) {
    const started = await streams.start({ principal, request: '{}' });
    if (started.outcome !== 'started') throw new Error(started.outcome);
    return started.producer;
  }

  async function read(store: PostgresResumeStore, id: string): Promise<string[]> {
    const opened = await openReader(store, { id, principal, after: -1 });
    if (opened.outcome !== 'open') throw new Error(opened.outcome);
    const payloads: string[] = [];
    for await (const { payload } of opened.reader.events(new AbortController().signal)) {
      payloads.push(payload);
    }
    return payloads;
  }

  async function count(query: string): Promise<number> {
    const { rows } = await operator.query<{ count: string }>(query);
    return Number(rows[0]?.count);
  }

  test('is set up by many replicas at once, and again', async () => {
    const replicas = Array.from({ length: 8 }, () => open());
    await Promise.all(replicas.map(({ store }) => store.setup()));
    const [one, other] = [replicas[0]!, replicas[1]!];
    const id = await one.store.newId();
    await one.store.setup();
    expect((await other.store.newId()).slice(0, 8)).toBe(id.slice(0, 8));
  });

  test('says what to do if it was not set up', async () => {
    const { streams } = open();
    await expect(start(streams)).rejects.toThrow('Call `await store.setup()` at start');
  });

  test('takes limits that are no whole numbers', async () => {
    const limits = {
      maxStreamBytes: 99.5,
      maxStreamsPerPrincipal: 1.5,
      maxBytesPerPrincipal: 1e6 / 3,
    };
    const { store, streams } = open(limits);
    await store.setup();
    const producer = await start(streams);
    await producer.write('word');
    await producer.close('end');
    expect(await read(store, producer.id)).toEqual(['word', 'end']);
  });

  test('works in a schema whose name is a word of SQL', async () => {
    const { store, streams } = open({ schema: 'user' });
    await store.setup();
    const producer = await start(streams);
    const reading = read(store, producer.id);
    await producer.write('word');
    await producer.close('end');
    expect(await reading).toEqual(['word', 'end']);
    await operator.query('drop schema "user" cascade');
  });

  test('works in a schema of its own, for a role that may not make one', async () => {
    await operator.query(`
      drop schema if exists answers cascade; ${postgresSchema('answers')}
      drop role if exists service; create role service login;
      grant usage on schema answers to service;
      grant select, insert, update, delete on all tables in schema answers to service;
    `);
    const { store, streams } = open(
      { schema: 'answers' },
      server.url.replace('postgres@', 'service@'),
    );
    await store.setup();
    const producer = await start(streams);
    await producer.write('word');
    await producer.close('end');
    expect(await read(store, producer.id)).toEqual(['word', 'end']);
    await operator.query('drop schema answers cascade');
  });

  test('listens with one session for all readers, and to nothing without them', async () => {
    const writer = open();
    await writer.store.setup();
    const opened: Client[] = [];
    const reader = open({
      listen: () => {
        opened.push(new Client({ connectionString: server.url }));
        return opened.at(-1)!;
      },
    });
    const producers = [await start(writer.streams), await start(writer.streams)];
    const ids = producers.map(({ id }) => id);
    const readings = [...ids, ...ids].map((id) => read(reader.store, id));
    const channels = async () => {
      const { rows } = await opened[0]!.query('select pg_listening_channels()');
      return rows.length;
    };
    await eventually(async () => expect(await channels()).toBe(2));
    for (const producer of producers) await producer.close('end');
    expect(await Promise.all(readings)).toEqual([['end'], ['end'], ['end'], ['end']]);
    await eventually(async () => expect(await channels()).toBe(0));
    expect(opened).toHaveLength(1);
  });

  test('takes its session from the pool and gives it back', async () => {
    const { store, streams } = open();
    await store.setup();
    const producer = await start(streams);
    const reading = read(store, producer.id);
    await eventually(async () => {
      const listening = `select count(*) from pg_stat_activity where query like 'listen %'`;
      expect(await count(listening)).toBe(1);
    });
    await producer.close('end');
    expect(await reading).toEqual(['end']);
    // `pool.end()` behind it would wait for ever.
  });

  test('removes what has expired when something is written, and leaves nothing of it', async () => {
    const { store, streams } = open();
    await store.setup();
    for (let stream = 0; stream < 30; stream++) {
      const producer = await start(streams);
      await producer.writeAll(['one', 'two']);
      await producer.close('end');
    }
    await passTime(operator, 301);
    const { store: later, streams: others } = open();
    const kept = await start(others);
    await eventually(async () => {
      expect(await count('select count(*) from drain.streams')).toBe(1);
      expect(await count('select count(*) from drain.events')).toBe(0);
    });
    expect(await count('select streams as count from drain.shares')).toBe(1);
    expect(await later.delete(kept.id)).toEqual({ outcome: 'deleted' });
    for (const table of ['streams', 'events', 'shares']) {
      expect(await count(`select count(*) from drain.${table}`)).toBe(0);
    }
  });

  test('repeats a statement that the server ended, and one that fell to a transaction of an operator', async () => {
    const { store, streams } = open();
    await store.setup();
    const producer = await start(streams);
    await producer.write('one');
    const blocking = await operator.connect();
    await blocking.query('begin; lock table drain.streams');
    const waiting = producer.write('two');
    await eventually(async () => {
      const { rows } = await operator.query(
        `select pg_terminate_backend(pid) from pg_stat_activity where wait_event_type = 'Lock'`,
      );
      expect(rows.length).toBeGreaterThan(0);
    });
    await blocking.query('rollback');
    blocking.release();
    expect(await waiting).toBe(1);
    await producer.close('end');
    expect(await read(store, producer.id)).toEqual(['one', 'two', 'end']);
  });
});
