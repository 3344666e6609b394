import { goals } from './throughput.mjs';
import { tell } from '../support/comparison.mjs';
import { canCount, InstructionCounter } from '../support/instructions.mjs';
import { withClients, withServer } from '../support/server.mjs';
import { mean, median } from '../support/statistics.mjs';

const connections = 4;
/** Requests: until the code is compiled, and of each slice. */
const effort = {
  '/plain': { warmUp: 10_000, count: 1000 },
  '/stream': { warmUp: 8000, count: 400 },
};
const slices = 8;
const others = {
  '/plain': ['nestjs-drain'],
  '/stream': ['bare, with a guard', 'nestjs-drain'],
};

/** What one request costs in instructions, with the module and without: the same on a busy machine. */
export async function instructions({ quick }) {
  const seeds = quick ? [1] : [1, 2];
  const rows = [];
  for (const adapter of canCount ? ['express', 'fastify'] : []) {
    for (const path of Object.keys(goals)) rows.push(...(await rowsOf(adapter, path, seeds)));
  }
  return {
    title: 'Instructions of a request',
    text: canCount
      ? 'The instructions that the process of the server executes in user space for one request, counted by callgrind ' +
        `(Valgrind), in ${seeds.length} of each: one thread, ${connections} kept connections, the median of ${slices} slices ` +
        'behind the warm-up, because the compiler comes to some of them. What else runs on the machine does not change them. ' +
        'What the kernel does for a request is the same with the module and is not counted, so these ratios are stricter ' +
        'than those of the processor time. In brackets the lowest and the highest ratio of any two processes, with other ' +
        'seeds; a row of bare Nest has those of its own two, which tell what the yardstick is worth.'
      : '**Not counted**: this machine has no Valgrind.',
    columns: ['adapter, route', 'of', 'instructions/request', 'ratio of bare to it', 'goal'],
    rows,
  };
}

async function rowsOf(adapter, path, seeds) {
  const counts = {};
  // One with each processor.
  for (const variant of ['bare', ...others[path]]) {
    const server = { adapter, variant };
    counts[variant] = await Promise.all(seeds.map((seed) => countOf(server, path, seed)));
  }
  const { bare, ...measured } = counts;
  const route = `${adapter}, ${path}`;
  const [one, another = one] = bare;
  const spread = { value: one / another, low: one / another, high: another / one };
  const rows = Object.entries(measured).map(([variant, counted]) =>
    row(route, variant, counted, ratiosOf(bare, counted), goals[path]),
  );
  return [row(route, 'bare', bare, spread), ...rows];
}

function row(route, of, counted, ratio, goal) {
  console.log(`${route}, ${of}, instructions: ${tell(ratio)}`);
  const isOurs = of === 'nestjs-drain';
  const cost = Math.round(mean(counted)).toLocaleString('en');
  return [route, of, cost, tell(ratio), isOurs ? `≥ ${goal}` : ''];
}

function ratiosOf(bare, measured) {
  const all = bare.flatMap((base) => measured.map((cost) => base / cost));
  return {
    value: mean(bare) / mean(measured),
    low: Math.min(...all),
    high: Math.max(...all),
  };
}

async function countOf(parameters, path, seed) {
  const counter = await InstructionCounter.create();
  const { warmUp, count } = effort[path];
  const measure = (server, port) =>
    withClients(async (client) => {
      await client.ask('connect', { port, path, connections });
      const request = (number) => client.ask('request', { port, count: number });
      await request(warmUp);
      counter.start(server.id);
      // What is counted is translated anew.
      await request(count);
      const costs = [];
      for (let slice = 0; slice < slices; slice += 1) {
        costs.push(await counter.count(server.id, () => request(count)));
      }
      return median(costs) / count;
    });
  try {
    return await withServer(parameters, measure, counter.command(seed));
  } finally {
    await counter.remove();
  }
}
