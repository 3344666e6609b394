import { fixed, milliseconds } from '../support/statistics.mjs';
import { Redis } from './redis.mjs';
import { together, withReplicas } from './replica.mjs';

/** Events/s of one stream, and the most of all streams together. */
const [eachRate, mostRate] = [20, 10_000];
/** ms; above it the machine was full, and events that wait in long queues are cheap. */
const tooLate = 20;

/** Whether the machine had room for what was measured. */
export const isValid = ({ p50 }) => p50 <= tooLate;

/** Events of an answer, for the memory of one. */
const answerLength = 500;
/** Seconds. */
export const answerTime = answerLength / eachRate;
const topologies = { 'one server': 1, 'cluster of three': 3 };

const text =
  `One replica produces so many streams, ${eachRate} events/s each and at most ${mostRate.toLocaleString('en')} in ` +
  'all. Processor time of the Redis servers (all nodes) and of the replica for one event of 145 bytes, logged by ' +
  '`write()`; the time until it was logged. *Start* and *take-over* are what one stream costs the servers in all. ' +
  'In a row with a bold p50 the machine was full: the events waited in long queues, so its costs are void, and are not drawn. ' +
  `*Bytes/event* is what the servers hold for one of ${answerLength} events of a stream. ` +
  'The nodes of the cluster share the machine with everything else, so it shows what a cluster costs, not how fast it is.';

const columns = [
  ...[
    'Redis',
    'streams',
    'events/s',
    'µs of Redis/event',
    'µs of replica/event',
    'p50',
    'bytes/event',
  ],
  ...['µs of Redis/start', 'µs of Redis/take-over'],
];

/** What a logged event costs, by the number of streams that are produced at the same time. */
export async function resumable({ quick }) {
  const sizes = quick ? [10, 200] : [10, 100, 500, 1000, 2000, 5000];
  const points = [];
  for (const [topology, nodes] of Object.entries(topologies)) {
    points.push(...(await Redis.with(nodes, (redis) => grow(redis, topology, sizes, quick))));
  }
  return {
    title: 'Resumable streams on one Redis, and on a cluster of three',
    ...{ text, columns, points, charts: { event: chart(points) } },
    rows: points.map((point) => [
      ...[point.topology, point.size, point.rate, one(point.redis), one(point.replica)],
      ...[late(point), point.bytes?.toFixed(0) ?? '', one(point.start), one(point.takeOver)],
    ]),
  };
}

const chart = (points) => ({
  title: 'Processor time of Redis for one logged event',
  ...{ x: 'streams produced at the same time', y: 'µs' },
  series: Object.keys(topologies).map((name) => ({
    name,
    points: points
      .filter((point) => point.topology === name && isValid(point))
      .map(({ size, redis }) => [size, redis]),
  })),
});

const one = fixed(1);
const late = (point) =>
  isValid(point) ? `${point.p50.toFixed(2)} ms` : `**${milliseconds(point.p50)}**`;

async function grow(redis, topology, sizes, quick) {
  const points = [];
  // The first replica warms the servers up.
  for (const size of [sizes[0], ...sizes]) {
    const point = await withReplicas(redis, 1, async (replicas) => ({
      ...(await measure(redis, replicas, size, quick)),
      bytes: size === sizes[0] ? await bytesOf(redis, size) : undefined,
    }));
    points.push({ topology, size, ...point });
  }
  return points.slice(1);
}

async function measure(redis, replicas, size, quick) {
  const rate = Math.min(eachRate * size, mostRate);
  const started = await together(redis, replicas, 'start', { count: size });
  // What is compiled, and what the scripts load, belongs to no event.
  await replicas[0].ask('run', { rate, time: 0.5 });
  const ran = await together(redis, replicas, 'run', { rate, time: quick ? 1 : 2 });
  const taken = await together(redis, replicas, 'takeOver');
  const [{ events, processor, p50 }] = ran.answers;
  return {
    ...{ rate, redis: ran.processor / events, replica: processor / events, p50 },
    ...{ start: started.processor / size, takeOver: taken.processor / size },
    takeOverReplica: taken.answers[0] / size,
  };
}

/** Of a replica of its own, whose streams have no events yet. */
function bytesOf(redis, count) {
  return withReplicas(redis, 1, async (replicas) => {
    await together(redis, replicas, 'start', { count });
    const { memory, answers } = await together(redis, replicas, 'fill', { length: answerLength });
    return memory / answers[0];
  });
}
