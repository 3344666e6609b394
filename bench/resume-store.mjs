// What logging costs: `npm run build && node bench/resume-store.mjs`. Needs redis-server.
// Every number is measured beside its yardstick, in the same run, on the same server.
import { spawn } from 'node:child_process';
import { performance } from 'node:perf_hooks';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from '@redis/client';
import getPort from 'get-port';
import { fromNodeRedis, RedisResumeStore } from 'nestjs-drain-resume/redis';
import { StreamProducers } from 'nestjs-drain-resume';

const streamCount = 64;
const outstanding = 1024;
const payload = JSON.stringify({
  type: 'response.output_text.delta',
  sequence_number: 1234,
  item_id: 'msg_0123456789abcdef',
  output_index: 0,
  content_index: 0,
  delta: ' token',
});

async function startServer() {
  const port = await getPort({ host: '127.0.0.1' });
  const options = ['--port', port, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
  const server = spawn('redis-server', options, { stdio: ['ignore', 'pipe', 'inherit'] });
  for await (const line of createInterface(server.stdout)) {
    if (line.includes('Ready to accept')) break;
  }
  server.stdout.resume();
  return { url: `redis://127.0.0.1:${port}`, stop: () => server.kill('SIGKILL') };
}

async function connect(url) {
  const client = createClient({ url });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

/** Calls `work(n)` for n below `count`, so many at a time, and returns calls per second. */
async function rate(count, work) {
  let next = 0;
  const lane = async () => {
    while (next < count) await work(next++);
  };
  const start = performance.now();
  await Promise.all(Array.from({ length: outstanding }, lane));
  return (count / (performance.now() - start)) * 1000;
}

async function openLogs(store) {
  const order = { owner: 'bench', principal: 'bench', request: '{}', lease: 60, ttl: 600 };
  const logs = [];
  for (let index = 0; index < streamCount; index++) {
    const id = await store.newId();
    const { epoch } = await store.create({ ...order, id });
    logs.push({ id, epoch, next: 0 });
  }
  return logs;
}

async function appendRate(store, count, batchSize) {
  const logs = await openLogs(store);
  const events = Array(batchSize).fill(payload);
  return rate(count, async (index) => {
    const log = logs[index % streamCount];
    const first = log.next;
    log.next += batchSize;
    const { outcome } = await store.append(log.id, log.epoch, first, events);
    if (outcome !== 'appended') throw new Error(outcome);
  });
}

function percentile(values, share) {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length * share)];
}

async function latencies(url, count) {
  const [writer, reader] = await Promise.all([connect(url), connect(url)]);
  const stores = [writer, reader].map(
    (client) => new RedisResumeStore({ connection: fromNodeRedis(client), poll: 10 }),
  );
  const streams = new StreamProducers({ store: stores[0] });
  const { producer } = await streams.start({ principal: 'bench', request: '{}' });
  const [sent, logged, tailed] = [[], [], []];
  const reading = (async () => {
    for await (const page of stores[1].tail(producer.id, -1, new AbortController().signal)) {
      for (const event of page.events) tailed.push(performance.now() - sent[event.sequence]);
    }
  })();
  for (let index = 0; index < count; index++) {
    sent.push(performance.now());
    const start = sent[index];
    if (index === count - 1) await producer.close(payload);
    else await producer.write(payload);
    logged.push(performance.now() - start);
    await sleep(1);
  }
  await reading;
  await Promise.all(stores.map((store) => store.close()));
  for (const client of [writer, reader]) client.destroy();
  return { logged, tailed };
}

async function pingLatencies(client, count) {
  const times = [];
  for (let index = 0; index < count; index++) {
    const start = performance.now();
    await client.ping();
    times.push(performance.now() - start);
    await sleep(1);
  }
  return times;
}

async function bytesPerEvent(client, store, count) {
  const [log] = await openLogs(store);
  for (let first = 0; first < count; first += 10) {
    await store.append(log.id, log.epoch, first, Array(10).fill(payload));
  }
  const [key] = await client.keys(`*:events:${log.id}`);
  return (await client.sendCommand(['MEMORY', 'USAGE', key, 'SAMPLES', '0'])) / count;
}

function report(name, value, unit, note = '') {
  const number = value.toLocaleString('en', { maximumFractionDigits: value < 100 ? 2 : 0 });
  console.log(`${name.padEnd(46)} ${number.padStart(10)} ${unit.padEnd(10)} ${note}`);
}

const server = await startServer();
try {
  const client = await connect(server.url);
  const store = new RedisResumeStore({
    connection: fromNodeRedis(client),
    maxStreamBytes: 1e9,
    maxStreamsPerPrincipal: 1e6,
  });
  const raw = () =>
    rate(100_000, (index) =>
      client.sendCommand(['XADD', `raw:${index % streamCount}`, '*', 'p', payload]),
    );
  // Once unmeasured: both sides warm.
  await raw();
  await appendRate(store, 20_000, 1);

  const xadd = await raw();
  const single = await appendRate(store, 50_000, 1);
  const batched = (await appendRate(store, 20_000, 8)) * 8;
  const share = (number) => `${Math.round((number / xadd) * 100)} % of XADD`;
  console.log(`one connection, ${streamCount} streams, ${Buffer.byteLength(payload)} byte events`);
  report('pipelined XADD, nothing else', xadd, 'events/s');
  report('append, one event each', single, 'events/s', share(single));
  report('append, eight events each', batched, 'events/s', share(batched));

  const ping = await pingLatencies(client, 1000);
  const { logged, tailed } = await latencies(server.url, 2000);
  for (const [name, times] of [
    ['PING, the yardstick', ping],
    ['write() until logged', logged],
    ['write() until read by another replica', tailed],
  ]) {
    report(`${name}, p50`, percentile(times, 0.5), 'ms');
    report(`${name}, p99`, percentile(times, 0.99), 'ms');
  }

  const bytes = await bytesPerEvent(client, store, 10_000);
  report('memory per event', bytes, 'bytes', `${Buffer.byteLength(payload)} of them its payload`);
  client.destroy();
} finally {
  server.stop();
}
