import { once } from 'node:events';
import { alternate } from '../support/alternate.mjs';
import { awake } from '../support/awake.mjs';
import { Child } from '../support/questions.mjs';
import { serverProcessor } from '../support/redis.mjs';
import { mean, quantile } from '../support/statistics.mjs';
import { Readers } from './replica-readers.mjs';
import { line, middle } from './report.mjs';

const names = {
  '/plain': 'plain',
  '/confirmed': 'one bare XADD awaited for each event',
  '/scripted': 'one bare script awaited for each event',
  '/logged': '`resumable`',
};

const paths = Object.keys(names);

const slow = ({ quick }) => ({
  name: '100 streams of 20 events/s',
  paths: paths.filter((path) => path !== '/confirmed'),
  streams: 100,
  pace: 50,
  length: quick ? 30 : 50,
});

const fast = ({ quick }) => ({
  name: '100 streams, an event of each in every turn',
  paths,
  streams: 100,
  pace: 0,
  length: quick ? 100 : 400,
});

/** A Nest application: what a stream costs it on a route with `resumable`, and on the same route without. */
export async function replica(client, url, options) {
  const server = await Child.start('../server/resume.mjs', { redis: url });
  const setting = { server, port: await server.ask('port'), client };
  try {
    for (const path of paths) await underWay(setting, path, fast({ quick: true }));
    await events(setting, slow(options), options);
    await events(setting, fast(options), options);
    await starts(setting, options);
  } finally {
    await server.stop();
  }
}

async function events(setting, load, { quick }) {
  const results = await inTurn(quick ? 2 : 4, load.paths, (path) => underWay(setting, path, load));
  console.log(`\na replica with ${load.name}, while all of them are under way`);
  for (const path of load.paths) {
    costLine(`${names[path]}: processor per event`, results[path], results['/plain']);
    // Where nothing paces the events, their age is the backlog, and says nothing.
    if (load.pace === 0) line(`${names[path]}: rate`, middle(results[path], 'rate'), 'events/s');
    else {
      const [early, late] = ['p50', 'p99'].map((name) => middle(results[path], name));
      line(`${names[path]}: emitted until read, p50`, early, 'ms', `p99 ${late.toFixed(2)} ms`);
    }
  }
}

/** What is not in the costs of the events: the request, the start of a stream, its end. */
async function starts(setting, { quick }) {
  const both = ['/plain', '/logged'];
  const load = { streams: 16, pace: 0, length: 2 };
  const measure = (path) => wholeStreams(setting, path, load, quick ? 20 : 40);
  for (const path of both) await measure(path);
  const results = await inTurn(quick ? 2 : 4, both, measure);
  console.log('\na replica with streams of two events, 16 at once');
  for (const path of both)
    costLine(`${names[path]}: processor per stream`, results[path], results['/plain']);
}

const inTurn = (times, paths, measure) =>
  alternate(times, Object.fromEntries(paths.map((path) => [path, () => measure(path)])));

/** Means: the turns of each party are few, and differ more from one another than the parties do. */
function costLine(name, results, plain) {
  const [node, redis] = ['node', 'redis'].map((cost) => meanOf(results, cost));
  const notes = [`${redis.toFixed(1)} µs in Redis`];
  if (results !== plain)
    notes.push(`${(node / meanOf(plain, 'node')).toFixed(2)} of the plain route`);
  line(name, node, 'µs', notes.join('; '));
}

const meanOf = (results, cost) => mean(results.map((result) => result[cost]));

/** Per event, of streams that have all begun and none of which ends yet. */
async function underWay({ server, port, client }, path, { streams, pace, length }) {
  await server.ask('set', { pace, length });
  const margin = Math.ceil(length / 6);
  const readers = new Readers({ port, path, streams, from: margin, to: length - margin });
  const measured = costsBetween({ server, client }, readers);
  await awake(readers.ended);
  const { ages, elapsed, ...cost } = await measured;
  if (readers.ages.length !== streams * length)
    throw new Error(`${streams * length - readers.ages.length} events of ${path} are missing`);
  return {
    ...each(cost, ages.length),
    rate: (ages.length / elapsed) * 1000,
    p50: quantile(ages, 0.5),
    p99: quantile(ages, 0.99),
  };
}

async function costsBetween(setting, readers) {
  await once(readers, 'begun');
  const before = await momentOf(setting, readers);
  await once(readers, 'ending');
  const after = await momentOf(setting, readers);
  return {
    ...difference(after.costs, before.costs),
    ages: readers.ages.slice(before.count, after.count),
    elapsed: after.time - before.time,
  };
}

async function momentOf(setting, { ages }) {
  return { costs: await costs(setting), count: ages.length, time: performance.now() };
}

/** Per stream, from its request to its end. */
async function wholeStreams(setting, path, { streams, pace, length }, rounds) {
  await setting.server.ask('set', { pace, length });
  const before = await costs(setting);
  for (let round = 0; round < rounds; round += 1) {
    const readers = new Readers({ port: setting.port, path, streams, from: 1, to: length });
    await awake(readers.ended);
  }
  return each(difference(await costs(setting), before), streams * rounds);
}

async function costs({ server, client }) {
  const { user, system } = await server.ask('processor');
  return { node: user + system, redis: await serverProcessor(client) };
}

const difference = (after, before) => ({
  node: after.node - before.node,
  redis: after.redis - before.redis,
});

const each = ({ node, redis }, count) => ({ node: node / count, redis: redis / count });
