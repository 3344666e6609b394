import { estimateRatio } from '../support/intervals.mjs';
import { judge, tell } from '../support/comparison.mjs';
import { countedSlices } from '../support/counted-slices.mjs';
import { canCount } from '../support/instructions.mjs';
import { mean, median } from '../support/statistics.mjs';
import { goals } from './throughput.mjs';

const connections = 4;
/** Requests: until the code is compiled, and of each slice. */
const effort = {
  '/plain': { warmUp: 12_000, count: 1000 },
  '/stream': { warmUp: 12_000, count: 400 },
};
const slices = 8;

/** What one request costs in instructions, with the module and without: the same on a busy machine. */
export async function instructions({ quick }) {
  const seeds = quick ? [1] : [1, 2, 3, 4];
  const rows = [];
  for (const adapter of canCount ? ['express', 'fastify'] : []) {
    for (const path of Object.keys(goals)) rows.push(...(await rowsOf(adapter, path, seeds)));
  }
  return {
    title: 'Instructions of a request',
    text: canCount
      ? 'The instructions that the process of the server executes in user space for one request, counted by callgrind ' +
        `(Valgrind), in ${seeds.length} processes of each, with other seeds of what V8 draws: one thread, ${connections} kept ` +
        `connections, the median of ${slices} slices behind the warm-up: in some the compiler still works. What else ` +
        'runs on the machine does not change them. What the kernel does for a request is the same with the module and is not ' +
        'counted, so these ratios are stricter than those of the processor time. In brackets the 95 % interval of ' +
        'the ratio of the means (Welch, of the logarithms); of bare Nest, its processes, lowest … highest, by their mean. A ' +
        'goal is *reached* where the whole interval lies above it, *missed* where it lies below, and *open* otherwise.'
      : '**Not counted**: this machine has no Valgrind.',
    columns: [
      'adapter, route',
      'of',
      'instructions/request',
      'ratio of bare to it',
      'goal',
      'verdict',
    ],
    rows,
  };
}

async function rowsOf(adapter, path, seeds) {
  const count = (variant) =>
    Promise.all(seeds.map((seed) => countOf({ adapter, variant }, path, seed)));
  const bare = await count('bare');
  const ours = await count('nestjs-drain');
  const route = `${adapter}, ${path}`;
  const ratio = estimateRatio(bare, ours);
  return [
    row(route, 'bare', bare, tellSpread(bare), ['', '']),
    row(route, 'nestjs-drain', ours, tell(ratio), [`≥ ${goals[path]}`, judge(ratio, goals[path])]),
  ];
}

/** Two processes against two would tell no interval. */
function tellSpread(counted) {
  const [low, high] = [Math.min(...counted), Math.max(...counted)];
  return [low, high].map((cost) => (cost / mean(counted)).toFixed(3)).join(' … ');
}

function row(route, of, counted, told, judged) {
  console.log(`${route}, ${of}, instructions: ${told}`);
  const cost = Math.round(mean(counted)).toLocaleString('en');
  return [route, of, cost, told, ...judged];
}

async function countOf(parameters, path, seed) {
  const load = { path, connections, slices, ...effort[path] };
  const counted = await countedSlices(parameters, load, { seed });
  return median(counted.map(({ Ir }) => Ir)) / load.count;
}
