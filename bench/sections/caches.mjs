import { countedSlices } from '../support/counted-slices.mjs';
import { canCount } from '../support/instructions.mjs';
import { mean, median } from '../support/statistics.mjs';

/** The compiler and the collector come to some slices. */
const load = { path: '/stream', connections: 16, warmUp: 8000, count: 400, slices: 5 };
const seeds = [1, 2];
const variants = ['bare', 'nestjs-drain', 'counted and cancelled by hand'];

/** What is counted: callgrind's names for it, and its usual price in cycles. By themselves, three instructions take one. */
const kinds = {
  instructions: { events: ['Ir'], price: 1 / 3 },
  'first cache, instructions': { events: ['I1mr'], price: 8 },
  'first cache, data': { events: ['D1mr', 'D1mw'], price: 8 },
  'second cache': { events: ['ILmr', 'DLmr', 'DLmw'], price: 30 },
  'branches not foreseen': { events: ['Bcm', 'Bim'], price: 12 },
};

/** What instructions do not tell of a stream: how often it waits for memory, and how often the processor guesses wrong. */
export async function caches() {
  const rows = [];
  for (const adapter of canCount ? ['express', 'fastify'] : [])
    rows.push(...(await rowsOf(adapter)));
  return {
    title: 'Caches and branches',
    text: canCount
      ? 'What the same processes do to the caches of a processor, as callgrind simulates them (32 KiB for instructions and 32 ' +
        `KiB for data, 1 MiB for both behind them), and how many branches it foresees wrongly. ${load.path}, ${load.connections} kept ` +
        `connections, ${seeds.length} processes of each, the median of ${load.slices} slices. The last column is an estimate from these, with prices that are ` +
        `usual: ${Object.entries(kinds)
          .map(([name, { price }]) => `${name} ${price < 1 ? '⅓' : price}`)
          .join(', ')}. It is no measurement, but explains one: by ` +
        'processor time a stream costs more than by instructions, because it runs through more different code.'
      : '**Not counted**: this machine has no Valgrind.',
    columns: ['adapter', 'of', ...Object.keys(kinds), 'cycles'],
    rows,
  };
}

async function rowsOf(adapter) {
  const all = [];
  for (const variant of variants) {
    const counted = await Promise.all(seeds.map((seed) => countOf({ adapter, variant }, seed)));
    all.push(Object.keys(kinds).map((_, index) => mean(counted.map((one) => one[index]))));
  }
  const withCycles = all.map((counts) => [...counts, cyclesOf(counts)]);
  const [bare] = withCycles;
  return withCycles.map((counts, index) => {
    const cells = counts.map((one, column) => tell(one, index === 0 ? undefined : bare[column]));
    console.log(`${adapter}, ${variants[index]}, caches: ${cells.join(', ')}`);
    return [adapter, variants[index], ...cells];
  });
}

const cyclesOf = (counts) =>
  Object.values(kinds).reduce((sum, { price }, index) => sum + price * counts[index], 0);

function tell(number, bare) {
  if (bare === undefined) return Math.round(number).toLocaleString('en');
  const percent = ((number - bare) / bare) * 100;
  return `${percent < 0 ? '−' : '+'} ${Math.abs(percent).toFixed(1)} %`;
}

/** In the order of `kinds`, of one request. */
async function countOf(parameters, seed) {
  const counted = await countedSlices(parameters, load, { seed, caches: true });
  const sumOf = (slice, events) => events.reduce((sum, name) => sum + slice[name], 0);
  return Object.values(kinds).map(
    ({ events }) => median(counted.map((slice) => sumOf(slice, events))) / load.count,
  );
}
