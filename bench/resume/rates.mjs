import { alternate } from '../support/alternate.mjs';
import { sendBare, serverProcessor } from '../support/redis.mjs';
import { payload } from './payload.mjs';
import { line, middle, ratioOf } from './report.mjs';

/** Commands that are on their way at once where no stream waits for its own. */
const outstanding = 1024;
/** Events of one stream that are on their way at once at saturation. */
const burst = 16;

/**
 * Events per second through one connection, and what each costs, beside the same number of bare commands, of which as
 * many are under way: the more there are, the more of them share a read and a write. Every turn measures all parties,
 * and every other turn measures them backwards.
 */
export async function rates({ client, store, producers }, streamCount, { quick }) {
  const [count, turns] = quick ? [8_000, 2] : [40_000, 4];
  const parties = await partiesOf({ client, store, producers }, streamCount);
  const all = [...yardsticksFor(client, parties, streamCount), ...parties];
  const measured = ({ underWay, work }) =>
    measure(client, () => pipelined(count, underWay, work), count);
  // Once unmeasured: compiled, and the server's memory in place.
  for (const party of all) await measured(party);
  const results = await alternate(
    turns,
    Object.fromEntries(all.map((party) => [party.name, () => measured(party)])),
  );
  console.log(`\n${streamCount} streams on one connection, ${payload.length} byte events`);
  for (const party of all) tell(party, results);
}

function tell({ name, underWay }, results) {
  const yardstick = yardstickName(underWay);
  const costs = ['node', 'redis'].map((side) => middle(results[name], side).toFixed(1));
  const share = ratioOf(results[name], results[yardstick], 'rate').toFixed(2);
  const ratio = name === yardstick ? [] : [`${share} of XADD with ${underWay} under way`];
  const processor = `processor ${costs[0]} µs here, ${costs[1]} µs in Redis`;
  line(name, middle(results[name], 'rate'), 'events/s', [...ratio, processor].join('; '));
}

const yardstickName = (underWay) => `XADD, nothing else, ${underWay} under way`;

/** The bare commands, once for every number under way that one of the parties has. */
function yardsticksFor(client, parties, streamCount) {
  const numbers = new Set(parties.map(({ underWay }) => underWay));
  return [...numbers].map((underWay) => ({
    name: yardstickName(underWay),
    underWay,
    work: (index) => sendBare(client, ['XADD', `raw:${index % streamCount}`, '*', 'p', payload]),
  }));
}

/** @returns of each, `work(n, lane)` for one event, and how many of these are under way at once */
async function partiesOf({ client, store, producers }, streamCount) {
  const logs = await openLogs(store, streamCount);
  const lanes = await openProducers(producers, streamCount);
  const empty = await client.sendCommand(['SCRIPT', 'LOAD', 'return 1']);
  const start = ['EVALSHA', empty, '3', '{0}:state', '{0}:leases', '{0}:events', logs[0].id];
  const write = (_, lane) => lanes[lane % streamCount].write(payload);
  return [
    {
      name: 'a script that does nothing, with the same arguments',
      underWay: outstanding,
      work: (index) => sendBare(client, [...start, '1700000000000000', `${index}`, '0', payload]),
    },
    {
      name: 'append, one event each',
      underWay: outstanding,
      work: (index) => append(store, logs[index % streamCount]),
    },
    {
      name: 'producers, each event written when the last is logged',
      underWay: streamCount,
      work: write,
    },
    {
      name: `producers, saturated (${burst} events of each under way)`,
      underWay: streamCount * burst,
      work: write,
    },
  ];
}

async function measure(client, work, count) {
  const [server, here] = [await serverProcessor(client), process.cpuUsage()];
  const start = performance.now();
  await work();
  const elapsed = performance.now() - start;
  const { user, system } = process.cpuUsage(here);
  return {
    rate: (count / elapsed) * 1000,
    node: (user + system) / count,
    redis: ((await serverProcessor(client)) - server) / count,
  };
}

/** Calls `work(n, lane)` for n below `count`, so many at a time. */
async function pipelined(count, lanes, work) {
  let next = 0;
  const run = async (lane) => {
    while (next < count) await work(next++, lane);
  };
  await Promise.all(Array.from({ length: lanes }, (_, lane) => run(lane)));
}

export async function openLogs(store, count) {
  const order = { owner: 'bench', principal: 'bench', request: '{}', lease: 60, ttl: 600 };
  const open = async () => {
    const id = await store.newId();
    const { epoch } = await store.create({ ...order, id });
    return { id, epoch, next: 0 };
  };
  return Promise.all(Array.from({ length: count }, open));
}

async function append(store, log) {
  const { outcome } = await store.append(log.id, log.epoch, log.next++, [payload]);
  if (outcome !== 'appended') throw new Error(outcome);
}

function openProducers(producers, count) {
  const start = async () => (await producers.start({ principal: 'bench', request: '{}' })).producer;
  return Promise.all(Array.from({ length: count }, start));
}
