// What logging in PostgreSQL costs, beside plain inserts in the same run, on a server that is there:
// `npm run build && STORE_URL=postgres://… node bench/postgres-store.mjs`. Set LISTEN_URL if STORE_URL is that of a pooler.
// It makes the schema `drain_bench` and drops it.
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Pool } from 'pg';
import { PostgresResumeStore } from 'nestjs-drain-resume/postgres';
import { StreamProducers } from 'nestjs-drain-resume';

const schema = 'drain_bench';
const streamCount = 64;
const payload = JSON.stringify({
  type: 'response.output_text.delta',
  sequence_number: 1234,
  item_id: 'msg_0123456789abcdef',
  output_index: 0,
  content_index: 0,
  delta: ' token',
});

function open(max) {
  const { STORE_URL: connectionString, LISTEN_URL: direct } = process.env;
  const pool = new Pool({ connectionString, max });
  pool.on('error', (error) => console.error(error.message));
  const listen = direct ? { listen: () => new Client({ connectionString: direct }) } : {};
  const store = new PostgresResumeStore({ pool, schema, poll: 10, ...listen });
  return { pool, store };
}

/** Calls `work(n)` for n below `count`, one per stream at a time, and returns calls per second. */
async function rate(count, work) {
  let next = 0;
  const lane = async (_, stream) => {
    while (next < count) await work(next++, stream);
  };
  const start = performance.now();
  await Promise.all(Array.from({ length: streamCount }, lane));
  return (count / (performance.now() - start)) * 1000;
}

async function appendRate(store, count, batchSize) {
  const order = { owner: 'bench', principal: 'bench', request: '{}', lease: 60, ttl: 600 };
  const logs = [];
  for (let index = 0; index < streamCount; index++) {
    const id = await store.newId();
    logs.push({ id, epoch: (await store.create({ ...order, id })).epoch, next: 0 });
  }
  const events = Array(batchSize).fill(payload);
  return rate(count, async (_, stream) => {
    const log = logs[stream];
    const { outcome, next } = await store.append(log.id, log.epoch, log.next, events);
    if (outcome !== 'appended') throw new Error(outcome);
    log.next = next;
  });
}

async function latencies(writer, reader, count) {
  const streams = new StreamProducers({ store: writer });
  const { producer } = await streams.start({ principal: 'bench', request: '{}' });
  const [sent, logged, tailed] = [[], [], []];
  const reading = (async () => {
    for await (const page of reader.tail(producer.id, -1, new AbortController().signal)) {
      for (const event of page.events) tailed.push(performance.now() - sent[event.sequence]);
    }
  })();
  for (let index = 0; index < count; index++) {
    sent.push(performance.now());
    if (index === count - 1) await producer.close(payload);
    else await producer.write(payload);
    logged.push(performance.now() - sent[index]);
    await sleep(1);
  }
  await reading;
  return { logged, tailed };
}

function report(name, value, unit) {
  console.log(`${name.padEnd(46)} ${value.toFixed(value < 100 ? 2 : 0).padStart(8)} ${unit}`);
}

const [one, ten] = [open(2), open(11)];
try {
  await one.store.setup();
  await one.pool.query(`create table ${schema}.plain (number bigserial primary key, payload text)`);
  const insert = `insert into ${schema}.plain (payload) values ($1)`;
  for (const [name, { pool, store }] of Object.entries({ 'one connection': one, ten })) {
    // The first reader opens the session that listens: the other connections write.
    const watching = new AbortController();
    const idle = store.tail(await store.newId(), -1, watching.signal).next();
    idle.catch(() => undefined);
    await sleep(100);
    report(`${name}: plain INSERT`, await rate(4_000, () => pool.query(insert, [payload])), '/s');
    report(`${name}: append, one event`, await appendRate(store, 4_000, 1), 'events/s');
    report(`${name}: append, eight events`, (await appendRate(store, 2_000, 8)) * 8, 'events/s');
    watching.abort();
  }
  const { logged, tailed } = await latencies(one.store, ten.store, 1_000);
  for (const [name, times] of Object.entries({ 'until logged': logged, 'until read': tailed })) {
    const sorted = times.toSorted((a, b) => a - b);
    report(`write() ${name}, p50`, sorted[Math.floor(sorted.length * 0.5)], 'ms');
    report(`write() ${name}, p99`, sorted[Math.floor(sorted.length * 0.99)], 'ms');
  }
} finally {
  await one.pool.query(`drop schema ${schema} cascade`);
  await Promise.all([one.store.close(), ten.store.close()]);
  await Promise.all([one.pool.end(), ten.pool.end()]);
}
