import { rotated } from './alternate.mjs';
import { estimate } from './intervals.mjs';
import { canPin, pin, processors } from './pinning.mjs';
import { costOf, withClients, withServers } from './server.mjs';
import { mean } from './statistics.mjs';
import { steadyHeap } from './steady-heap.mjs';

const connections = 16;
/**
 * A process keeps what its compiler has made of the code, so sets of processes count more than slices of one set.
 * `warmUp`: seconds of each server's processor. With one second, the compiler comes to the first slices.
 */
const thoroughly = { sets: 5, rounds: 8, warmUp: 2 };
const quickly = { sets: 2, rounds: 8, warmUp: 2 };
/**
 * Seconds of the server's processor that one slice takes: so short that what slows the machine slows all, and long enough
 * not to measure how code and data come back into the caches behind the others.
 */
const sliceTime = 0.04;

export const method = ({ quick }) => {
  const { sets, rounds } = quick ? quickly : thoroughly;
  const places = canPin
    ? 'The servers are pinned to one processor and the client to another.'
    : '**Nothing is pinned**: the machine has no `taskset`, or one processor.';
  return (
    `What a request costs, counted and not timed: the processor time of the server's process (all its threads) over ` +
    `slices of a fixed number of requests, about ${sliceTime * 1000} ms each, ${connections} kept connections. ` +
    `${sets} sets of fresh processes, one of each variant that a route is measured with, which take turns: ${rounds} rounds ` +
    `there and back (A B C C B A), each round from the next variant on. ${places} Their young generation has ` +
    'from the start the size that V8 gives it under load, and no full collection comes into a slice. The ratio is the processor ' +
    'time of a request without, divided by that with: so many requests it serves where the other serves one. Without are ' +
    'two processes of each set, and the mean of both counts, but for the row that compares the two. In brackets ' +
    "the 95 % interval of Student's t over the sets, of the logarithms of their ratios. A goal is *reached* where the whole " +
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
 * A row of the one that all are measured by against another process of itself, and one for each of the others, on one route
 * of one adapter.
 * @param others `goal`: the ratio that is wanted; none where it is no variant of ours
 */
export async function compare({ adapter, path, against, others }, { quick }) {
  const { sets, ...effort } = quick ? quickly : thoroughly;
  const measured = [{ of: against }, ...others];
  const variants = [against, ...measured.map(({ of }) => of)];
  const costs = [];
  for (let set = 0; set < sets; set += 1) {
    costs.push(await measureSet(adapter, path, rotated(variants, set), effort));
  }
  // In the order of the variants again, whichever process was started first.
  const ordered = costs.map((ofSet, set) => rotated(ofSet, -set));
  const route = `${adapter}, ${path}`;
  return measured.map((other, index) => row(route, against, other, ordered, index + 1));
}

function row(route, against, { of, goal }, costs, index) {
  const ratio = estimate(
    costs.map((ofSet) => {
      const [one, another] = ofSet;
      return (of === against ? one : (one + another) / 2) / ofSet[index];
    }),
  );
  const cost = mean(costs.flatMap(([one, another]) => [one, another]));
  const isVoid = of === against && !holdsOne(ratio);
  const judged =
    of === against ? ['holds 1.00', isVoid ? '**void**' : 'valid'] : goalOf(ratio, goal);
  console.log(`${route}, ${of} against ${against}: ${tell(ratio)} ${judged[1]}`);
  return { isVoid, cells: [route, of, against, cost.toFixed(1), tell(ratio), ...judged] };
}

export const tell = ({ value, low, high }) =>
  `${value.toFixed(3)} (${low.toFixed(3)} … ${high.toFixed(3)})`;

export function judge({ low, high }, goal) {
  if (low >= goal) return 'reached';
  return high < goal ? '**missed**' : 'open';
}

const holdsOne = ({ low, high }) => low <= 1 && high >= 1;

const goalOf = (ratio, goal) => (goal === undefined ? ['', ''] : [`≥ ${goal}`, judge(ratio, goal)]);

/**
 * One process of each, all of them running all the time: those that are not asked cost nothing.
 * @returns of each, its µs for a request, the mean of all rounds
 */
function measureSet(adapter, path, variants, { rounds, warmUp }) {
  const servers = variants.map((variant) => ({ adapter, variant }));
  const measure = (started) =>
    withClients(async (client) => {
      pin(client, processors.client);
      // The compiler of the one works while the other is asked.
      const opening = started.map((server) => Party.open(server, path, client, warmUp));
      const parties = await Promise.all(opening);
      for (const server of started) pin(server, processors.server);
      const count = Math.max(...parties.map((party) => party.countFor(sliceTime)));
      const costs = parties.map(() => 0);
      for (let round = 0; round < rounds; round += 1) {
        const sums = await thereAndBack(rotated([...parties.keys()], round), parties, count);
        sums.forEach((sum, index) => {
          costs[index] += sum / 2 / rounds;
        });
      }
      return costs;
    });
  return withServers(servers, measure, { execArgv: steadyHeap });
}

/** A machine that slows down or warms up slows down or warms up all. */
async function thereAndBack(order, parties, count) {
  const sums = parties.map(() => 0);
  for (const index of [...order, ...order.toReversed()]) {
    sums[index] += await parties[index].slice(count);
  }
  return sums;
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
    const ask = () => this.client.ask('request', { port: this.port, count, isAwake: true });
    const { cost } = await costOf(this.server, ask);
    return cost / count;
  }
}
