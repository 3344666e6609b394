import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { StreamProducers } from 'nestjs-drain-resume';
import { fromNodeRedis, fromNodeRedisCluster, RedisResumeStore } from 'nestjs-drain-resume/redis';
import { answerQuestions } from '../support/questions.mjs';
import { quantile } from '../support/statistics.mjs';
import { connect } from './redis.mjs';

// A replica that produces resumable streams, in a process of its own. Each stream has a principal of its own.
const { values } = parseArgs({ options: { urls: { type: 'string' } } });
const urls = values.urls.split(',');
const client = await connect(urls);
const connection = urls.length === 1 ? fromNodeRedis(client) : fromNodeRedisCluster(client);
const store = new RedisResumeStore({ connection });
const streams = new StreamProducers({ store });
const heirs = new StreamProducers({ store });
const producers = [];

/** About as long as an event of OpenAI's Responses API. */
const payload = JSON.stringify({ type: 'response.output_text.delta', delta: ' token' }).padEnd(145);

answerQuestions({
  async start({ count }) {
    const cost = processor();
    await inLanes(count - producers.length, async () => {
      const principal = `user-${process.pid}-${producers.length}`;
      const { producer } = await streams.start({ principal, request: '{}' });
      producers.push(producer);
    });
    return cost();
  },
  run: ({ rate, time }) => run(rate, time),
  /** Makes each stream so many events longer. */
  async fill({ length }) {
    for (let index = 0; index < length; index += 1) {
      await Promise.all(producers.map((producer) => producer.write(payload)));
    }
    return length * producers.length;
  },
  /** Gives all streams up and takes them over under another name. */
  async takeOver() {
    const cost = processor();
    await streams.handOff();
    await inLanes(producers.length, async (index) => {
      const taken = await heirs.takeOver(producers[index].id);
      if (taken.outcome !== 'takenOver') throw new Error(taken.outcome);
    });
    return cost();
  },
});

/** Writes so many events a second, to one stream after the other. */
async function run(rate, time) {
  const [cost, latencies, writes] = [processor(), [], []];
  const [count, start] = [rate * time, performance.now()];
  for (let index = 0; index < count; index += 1) {
    const due = start + (index / rate) * 1000;
    if (due > performance.now()) await pause(due - performance.now());
    const sent = performance.now();
    const written = producers[index % producers.length].write(payload);
    writes.push(written.then(() => latencies.push(performance.now() - sent)));
  }
  await Promise.all(writes);
  return { events: count, processor: cost(), p50: quantile(latencies, 0.5) };
}

/** @returns a function for the µs of processor since now */
function processor() {
  const before = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(before);
    return user + system;
  };
}

async function inLanes(count, task) {
  let next = 0;
  const lane = async () => {
    while (next < count) await task(next++);
  };
  await Promise.all(Array.from({ length: 64 }, lane));
}
