import { alternate } from '../support/alternate.mjs';
import { serverProcessor } from '../support/redis.mjs';
import { payload } from './payload.mjs';
import { line, middle, ratioOf } from './report.mjs';

/** Events that are on their way at once where no stream waits for its own. */
const outstanding = 1024;
/** Events of one stream that are on their way at once at saturation. */
const burst = 16;

/**
 * Events per second through one connection, and what each costs, beside the same number of bare commands. Every turn
 * measures all parties, and every other turn measures them backwards.
 */
export async function rates({ client, store, producers }, streamCount, { quick }) {
  const [count, turns] = quick ? [8_000, 2] : [40_000, 4];
  const parties = await partiesOf({ client, store, producers }, streamCount);
  const measured = (work) => measure(client, count, work);
  // Once unmeasured: compiled, and the server's memory in place.
  for (const { work } of parties) await measured(work);
  const results = await alternate(
    turns,
    Object.fromEntries(parties.map(({ name, work }) => [name, () => measured(work)])),
  );
  console.log(`\n${streamCount} streams on one connection, ${payload.length} byte events`);
  const [{ name: yardstick }] = parties;
  for (const { name } of parties) {
    const share = ratioOf(results[name], results[yardstick], 'rate');
    const costs = ['node', 'redis'].map((side) => middle(results[name], side).toFixed(1));
    const note = `${share.toFixed(2)} of XADD; processor ${costs[0]} µs here, ${costs[1]} µs in Redis`;
    line(name, middle(results[name], 'rate'), 'events/s', note);
  }
}

async function partiesOf({ client, store, producers }, streamCount) {
  const logs = await openLogs(store, streamCount);
  const lanes = await openProducers(producers, streamCount);
  const empty = await client.sendCommand(['SCRIPT', 'LOAD', 'return 1']);
  const keys = ['{0}:state', '{0}:leases', '{0}:events'];
  const inTurn = (work) => (total) => pipelined(total, outstanding, work);
  return [
    {
      name: 'pipelined XADD, nothing else',
      work: inTurn((index) =>
        client.sendCommand(['XADD', `raw:${index % streamCount}`, '*', 'p', payload]),
      ),
    },
    {
      name: 'a script that does nothing, with the same arguments',
      work: inTurn((index) =>
        client.sendCommand(
          [
            'EVALSHA',
            empty,
            '3',
            ...keys,
            logs[0].id,
            '1700000000000000',
            `${index}`,
            '0',
            payload,
          ],
          { timeout: 0 },
        ),
      ),
    },
    {
      name: 'append, one event each',
      work: inTurn((index) => append(store, logs[index % streamCount])),
    },
    {
      name: 'producers, each event written when the last is logged',
      work: (total) => pipelined(total, streamCount, (_, lane) => lanes[lane].write(payload)),
    },
    {
      name: `producers, saturated (${burst} events of each under way)`,
      work: (total) =>
        pipelined(total, streamCount * burst, (_, lane) =>
          lanes[lane % streamCount].write(payload),
        ),
    },
  ];
}

async function measure(client, count, work) {
  const [server, here] = [await serverProcessor(client), process.cpuUsage()];
  const start = performance.now();
  await work(count);
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
