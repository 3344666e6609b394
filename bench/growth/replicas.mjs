import { fixed, median } from '../support/statistics.mjs';
import { Redis } from './redis.mjs';
import { sum, together, withReplicas } from './replica.mjs';

const [streams, rate] = [50, 1000];

const text =
  `So many replicas, each in a process of its own with ${streams} streams and ${rate.toLocaleString('en')} events/s. ` +
  'Processor time for one logged event, of Redis and of the replica that writes it.';

/** What a logged event costs, by the number of replicas on one Redis. */
export async function replicas({ quick }) {
  const sizes = quick ? [1, 2] : [1, 2, 4, 6, 8];
  const points = await Redis.with(1, async (redis) => {
    const measured = [];
    for (const size of [1, ...sizes]) {
      measured.push(await withReplicas(redis, size, (all) => measure(redis, all, quick)));
    }
    return measured.slice(1);
  });
  const one = fixed(1);
  return {
    ...{ title: 'Replicas on one Redis', text, points, charts: { event: chart(points) } },
    columns: ['replicas', 'events/s', 'µs of Redis/event', 'µs of replica/event', 'p50'],
    rows: points.map((point) => [
      ...[point.size, point.size * rate, one(point.redis), one(point.replica)],
      `${point.p50.toFixed(2)} ms`,
    ]),
  };
}

const chart = (points) => ({
  title: 'Processor time for one logged event',
  ...{ x: 'replicas', y: 'µs' },
  series: [
    { name: 'Redis', points: points.map(({ size, redis }) => [size, redis]) },
    { name: 'replica', points: points.map(({ size, replica }) => [size, replica]) },
  ],
});

async function measure(redis, all, quick) {
  await together(redis, all, 'start', { count: streams });
  await together(redis, all, 'run', { rate, time: 0.5 });
  const ran = await together(redis, all, 'run', { rate, time: quick ? 1 : 2 });
  const events = sum(ran.answers.map((answer) => answer.events));
  return {
    size: all.length,
    redis: ran.processor / events,
    replica: sum(ran.answers.map(({ processor }) => processor)) / events,
    p50: median(ran.answers.map(({ p50 }) => p50)),
  };
}
