import { setTimeout as sleep } from 'node:timers/promises';
import { fromNodeRedis, RedisResumeStore } from 'nestjs-drain-resume/redis';
import { StreamProducers } from 'nestjs-drain-resume';
import { connect, sendBare } from '../support/redis.mjs';
import { payload } from './payload.mjs';
import { latencyLines } from './report.mjs';

/** One stream, one event after the other: what a write takes without any company. */
export async function latency(url, { quick }) {
  const count = quick ? 500 : 2000;
  const { pings, logged, tailed } = await measure(url, count);
  console.log('\none stream, a PING and an event by turns, one of them each millisecond');
  latencyLines('PING, the yardstick', pings);
  latencyLines('write until logged', logged);
  latencyLines('write until read by another replica', tailed);
}

async function measure(url, count) {
  const [writer, reader] = await Promise.all([connect(url), connect(url)]);
  const stores = [writer, reader].map(
    (client) => new RedisResumeStore({ connection: fromNodeRedis(client), poll: 10 }),
  );
  const { producer } = await new StreamProducers({ store: stores[0] }).start({
    principal: 'bench',
    request: '{}',
  });
  const [pings, sent, logged, tailed] = [[], [], [], []];
  const reading = (async () => {
    for await (const page of stores[1].tail(producer.id, -1, new AbortController().signal)) {
      for (const { sequence } of page.events) tailed.push(performance.now() - sent[sequence]);
    }
  })();
  for (let index = 0; index < count; index += 1) {
    const start = performance.now();
    await sendBare(writer, ['PING']);
    pings.push(performance.now() - start);
    // Each behind a pause of its own: the first one behind it pays for waking this process and the server.
    await sleep(1);
    sent.push(performance.now());
    await (index === count - 1 ? producer.close(payload) : producer.write(payload));
    logged.push(performance.now() - sent[index]);
    await sleep(1);
  }
  await reading;
  await Promise.all(stores.map((store) => store.close()));
  for (const client of [writer, reader]) client.destroy();
  return { pings, logged, tailed };
}
