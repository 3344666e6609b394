import { estimateRatio } from '../support/bootstrap.mjs';
import { judge, tell } from '../support/comparison.mjs';
import { canCount, InstructionCounter } from '../support/instructions.mjs';
import { withClients, withServer } from '../support/server.mjs';
import { median } from '../support/statistics.mjs';

const connections = 4;
const goals = { '/plain': 0.99, '/stream': 0.98 };
/** Requests: until the code is compiled, and of each slice. */
const effort = {
  '/plain': { warmUp: 10_000, count: 1000 },
  '/stream': { warmUp: 8000, count: 500 },
};
const slices = 9;

/** What one request costs in instructions, with the module and without: the same on a busy machine. */
export async function instructions({ quick }) {
  const rows = [];
  const seeds = quick ? [1] : [1, 2];
  for (const adapter of canCount ? ['express', 'fastify'] : []) {
    for (const [path, goal] of Object.entries(goals)) {
      const others = seeds.map((seed) => seed + 100);
      const [bare, again, ours] = await Promise.all([
        costs({ adapter, variant: 'bare' }, path, seeds),
        path === '/stream' ? costs({ adapter, variant: 'bare' }, path, others) : undefined,
        costs({ adapter, variant: 'nestjs-drain' }, path, seeds),
      ]);
      if (again) rows.push(row(`${adapter}, ${path}`, 'bare', bare, again));
      rows.push(row(`${adapter}, ${path}`, 'nestjs-drain', bare, ours, goal));
    }
  }
  return {
    title: 'Instructions of a request',
    text: canCount
      ? 'The instructions that the process of the server executes in user space for one request, counted by callgrind ' +
        `(Valgrind): ${slices} slices in each of ${seeds.length} processes, one thread, ${connections} kept connections. ` +
        'What else runs on the machine does not change them. What the kernel does for a request is the same with the ' +
        'module and is not counted, so these ratios are stricter than those of the processor time. The ratio is that of ' +
        'the lower quartiles of the slices, because the compiler and the full collection come to some of them and not to ' +
        'others; in brackets the 95 % bootstrap interval. The rows of bare Nest against itself, with other seeds, tell what the yardstick is worth.'
      : '**Not counted**: this machine has no Valgrind.',
    columns: ['adapter, route', 'of', 'instructions/request of bare', 'ratio', 'goal', 'verdict'],
    rows,
  };
}

function row(route, of, bare, measured, goal) {
  const ratio = estimateRatio(bare, measured);
  console.log(`${route}, ${of}, instructions: ${tell(ratio)}`);
  const verdict = goal === undefined ? '' : judge(ratio, goal);
  const cost = Math.round(median(bare.flat())).toLocaleString('en');
  return [route, of, cost, tell(ratio), goal === undefined ? '' : `≥ ${goal}`, verdict];
}

/** One process after the other. */
async function costs(server, path, seeds) {
  const all = [];
  for (const seed of seeds) all.push(await costsOf(server, path, seed));
  return all;
}

async function costsOf(parameters, path, seed) {
  const counter = await InstructionCounter.create();
  const { warmUp, count } = effort[path];
  const measure = (server, port) =>
    withClients(async (client) => {
      await client.ask('connect', { port, path, connections });
      const request = (number) => client.ask('request', { port, count: number });
      await request(warmUp);
      counter.start(server.id);
      await request(count);
      const found = [];
      for (let slice = 0; slice < slices; slice += 1) {
        found.push((await counter.count(server.id, () => request(count))) / count);
      }
      return found;
    });
  try {
    return await withServer(parameters, measure, counter.command(seed));
  } finally {
    await counter.remove();
  }
}
