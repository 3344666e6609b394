import { Agent, get } from 'node:http';
import { alternate } from '../support/alternate.mjs';
import { awake } from '../support/awake.mjs';
import { Child } from '../support/questions.mjs';
import { serverProcessor } from '../support/redis.mjs';
import { quantile } from '../support/statistics.mjs';
import { line, middle, ratioOf } from './report.mjs';

const loads = ({ quick }) => [
  { name: '100 streams of 20 events/s', streams: 100, pace: 50, length: quick ? 20 : 40 },
  {
    name: '100 streams, an event of each in every turn',
    streams: 100,
    pace: 0,
    length: quick ? 100 : 400,
  },
];

/** A Nest application: what an event costs it on a route with `resumable`, and on the same route without. */
export async function replica(client, url, options) {
  const server = await Child.start('../server/resume.mjs', { redis: url });
  try {
    const port = await server.ask('port');
    for (const load of loads(options)) await compare({ server, port, client }, load, options);
  } finally {
    await server.stop();
  }
}

async function compare(setting, load, { quick }) {
  const slice = (path, changes) => measure(setting, path, { ...load, ...changes });
  for (const path of ['/plain', '/logged'])
    await slice(path, { pace: 0, length: quick ? 100 : 300 });
  const { plain, confirmed, scripted, logged } = await alternate(quick ? 2 : 4, {
    plain: () => slice('/plain'),
    confirmed: () => slice('/confirmed'),
    scripted: () => slice('/scripted'),
    logged: () => slice('/logged'),
  });
  console.log(`\na replica with ${load.name}`);
  const against = (name, results) =>
    results === plain ? '' : `${ratioOf(results, plain, name).toFixed(2)} of the plain route`;
  for (const [name, results] of [
    ['plain', plain],
    ['one bare XADD awaited for each event', confirmed],
    ['one bare script awaited for each event', scripted],
    ['`resumable`', logged],
  ]) {
    const redis = `${middle(results, 'redis').toFixed(1)} µs in Redis`;
    const note = [redis, against('node', results)].filter(Boolean).join('; ');
    line(`${name}: processor per event`, middle(results, 'node'), 'µs', note);
    // Where nothing paces the events, their age is the backlog, and says nothing.
    if (load.pace === 0) line(`${name}: rate`, middle(results, 'rate'), 'events/s');
    else {
      const late = middle(results, 'p99').toFixed(2);
      line(`${name}: emitted until read, p50`, middle(results, 'p50'), 'ms', `p99 ${late} ms`);
    }
  }
}

async function measure({ server, port, client }, path, { streams, pace, length }) {
  await server.ask('set', { pace, length });
  const before = await costs(server, client);
  const start = performance.now();
  const agent = new Agent({ keepAlive: true });
  const readers = Array.from({ length: streams }, () => read({ port, path, agent }));
  const ages = (await awake(Promise.all(readers))).flat();
  agent.destroy();
  const elapsed = performance.now() - start;
  const after = await costs(server, client);
  const count = streams * length;
  if (ages.length !== count)
    throw new Error(`${count - ages.length} events of ${path} are missing`);
  return {
    node: (after.node - before.node) / count,
    redis: (after.redis - before.redis) / count,
    rate: (count / elapsed) * 1000,
    p50: quantile(ages, 0.5),
    p99: quantile(ages, 0.99),
  };
}

async function costs(server, client) {
  const { user, system } = await server.ask('processor');
  return { node: user + system, redis: await serverProcessor(client) };
}

/** The ages of a stream's events when they arrive, in ms, by the clock that all processes of the machine share. */
function read({ port, path, agent }) {
  return new Promise((resolve, reject) => {
    const request = get({ host: '127.0.0.1', port, path, agent }, (response) => {
      const ages = [];
      let rest = '';
      response.setEncoding('utf8');
      response.on('data', (text) => {
        const now = Number(process.hrtime.bigint() / 1000n);
        const events = (rest + text).split('\n\n');
        rest = events.pop();
        for (const event of events) {
          const at = /"at":(\d+)/.exec(event);
          if (at) ages.push((now - Number(at[1])) / 1000);
        }
      });
      response.on('end', () => resolve(ages));
      response.on('error', reject);
    });
    request.on('error', reject);
  });
}
