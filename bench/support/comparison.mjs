import { estimate } from './bootstrap.mjs';
import { canPin, pin, processors } from './pinning.mjs';
import { withClients, withServers } from './server.mjs';
import { median } from './statistics.mjs';
import { steadyHeap } from './steady-heap.mjs';

const connections = 16;
/**
 * A process keeps what its compiler has made of the code, so pairs of processes count more than slices of one pair.
 * `warmUp`: seconds of each server's processor. With one second, the compiler comes to the first slices.
 */
const thoroughly = { pairs: 6, quads: 32, warmUp: 2.5 };
const quickly = { pairs: 2, quads: 16, warmUp: 2 };
/** Seconds of the server's processor that one slice takes: short, so that what slows the machine slows both. */
const sliceTime = 0.012;

export const method = ({ quick }) => {
  const { pairs, quads } = quick ? quickly : thoroughly;
  const places = canPin
    ? 'Both servers are pinned to one processor and the client to another.'
    : '**Nothing is pinned**: the machine has no `taskset`, or one processor.';
  return (
    `What a request costs, counted and not timed: the processor time of the server's process (all its threads) over ` +
    `slices of a fixed number of requests, about ${sliceTime * 1000} ms each, ${connections} kept connections. ` +
    `${pairs} pairs of fresh processes, ${quads} times A B B A with each pair. ${places} Their young generation has ` +
    'from the start the size that V8 gives it under load, and no full collection comes into a slice. The ratio is the processor ' +
    'time of a request without, divided by that with: so many requests it serves where the other serves one. In brackets ' +
    'the 95 % bootstrap interval, drawn from the pairs and then from their slices. A goal is *reached* where the whole ' +
    'interval lies above it, *missed* where the whole interval lies below, and *open* where it lies on both sides. '
  );
};

export const columns = [
  'adapter, route',
  'of',
  'against',
  'µs of processor/request of the latter',
  'ratio',
  'goal',
  'verdict',
];

/**
 * One row: a variant against the one it is measured by, on one route of one adapter.
 * @param goal the ratio that is wanted; none where a variant is compared with itself, or is no variant of ours
 */
export async function compare({ adapter, path, against, of, goal }, { quick }) {
  const { pairs, ...effort } = quick ? quickly : thoroughly;
  const quads = [];
  for (let pair = 0; pair < pairs; pair += 1) {
    // Which process starts first must not matter, so it alternates too.
    const order = pair % 2 === 0 ? [against, of] : [of, against];
    const results = await comparePair(adapter, path, order, effort);
    const [base, measured] = pair % 2 === 0 ? results : results.toReversed();
    quads.push(base.map((cost, index) => ({ base: cost, measured: measured[index] })));
  }
  const ratio = estimate(quads.map((group) => group.map(({ base, measured }) => base / measured)));
  const cost = median(quads.flat().map(({ base }) => base));
  const isVoid = of === against && !holdsOne(ratio);
  const judged =
    of === against ? ['holds 1.00', isVoid ? '**void**' : 'valid'] : goalOf(ratio, goal);
  console.log(`${adapter}, ${path}, ${of} against ${against}: ${tell(ratio)} ${judged[1]}`);
  const cells = [`${adapter}, ${path}`, of, against, cost.toFixed(1), tell(ratio), ...judged];
  return { isVoid, cells };
}

export const tell = ({ value, low, high }) =>
  `${value.toFixed(3)} (${low.toFixed(3)} … ${high.toFixed(3)})`;

export function judge({ low, high }, goal) {
  if (low >= goal) return 'reached';
  return high < goal ? '**missed**' : 'open';
}

const holdsOne = ({ low, high }) => low <= 1 && high >= 1;

const goalOf = (ratio, goal) => (goal === undefined ? ['', ''] : [`≥ ${goal}`, judge(ratio, goal)]);

/** One process of each, both running all the time: the one that is not asked costs nothing. */
function comparePair(adapter, path, variants, { quads, warmUp }) {
  const servers = variants.map((variant) => ({ adapter, variant }));
  const measure = (started) =>
    withClients(async (client) => {
      pin(client, processors.client);
      // The compiler of the one works while the other is asked.
      const opening = started.map((server) => Party.open(server, path, client, warmUp));
      const parties = await Promise.all(opening);
      for (const server of started) pin(server, processors.server);
      const count = Math.max(...parties.map((party) => party.countFor(sliceTime)));
      const costs = [[], []];
      for (let quad = 0; quad < quads; quad += 1) {
        const sums = [0, 0];
        for (const index of [0, 1, 1, 0]) sums[index] += await parties[index].slice(count);
        sums.forEach((sum, index) => costs[index].push(sum / 2));
      }
      return costs;
    });
  return withServers(servers, measure, { execArgv: steadyHeap });
}

/** A server and the connections to it. */
class Party {
  #cost;

  static async open(server, path, client, warmUp) {
    const party = new Party();
    const port = await server.ask('port');
    Object.assign(party, { server, port, client });
    await client.ask('connect', { port, path, connections });
    for (let spent = 0; spent < warmUp * 1e6; spent += party.#cost * 500) {
      party.#cost = await party.slice(500);
    }
    return party;
  }

  countFor(seconds) {
    return Math.round((seconds * 1e6) / this.#cost);
  }

  /** µs of processor for each of so many requests. */
  async slice(count) {
    const before = await this.server.ask('processor');
    await this.client.ask('request', { port: this.port, count, isAwake: true });
    const after = await this.server.ask('processor');
    return (after.user + after.system - before.user - before.system) / count;
  }
}
