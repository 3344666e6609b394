import { canCount, InstructionCounter } from '../support/instructions.mjs';
import { withClients, withServer } from '../support/server.mjs';
import { mean, median } from '../support/statistics.mjs';

const path = '/stream';
const connections = 16;
const seeds = [1, 2];
/** Requests: until the code is compiled, until the caches are filled, and of each slice that counts. */
const [warmUp, filling, count] = [8000, 400, 400];
/** The compiler and the collector come to some of them. */
const slices = 5;
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
        `KiB for data, 1 MiB for both behind them), and how many branches it foresees wrongly. ${path}, ${connections} kept ` +
        `connections, ${seeds.length} processes of each, the median of ${slices} slices. The last column is an estimate from these, with prices that are ` +
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

async function countOf(parameters, seed) {
  const counter = await InstructionCounter.create({ caches: true });
  const measure = (server, port) =>
    withClients(async (client) => {
      await client.ask('connect', { port, path, connections });
      const request = (number) => client.ask('request', { port, count: number });
      await request(warmUp);
      counter.start(server.id);
      await request(filling);
      const counted = [];
      for (let slice = 0; slice < slices; slice += 1) {
        counted.push(perRequest(await counter.countAll(server.id, () => request(count))));
      }
      return Object.keys(kinds).map((_, index) => median(counted.map((one) => one[index])));
    });
  try {
    return await withServer(parameters, measure, counter.command(seed));
  } finally {
    await counter.remove();
  }
}

/** In the order of `kinds`. */
function perRequest(all) {
  const sumOf = (events) => events.reduce((sum, name) => sum + all[name], 0);
  return Object.values(kinds).map(({ events }) => sumOf(events) / count);
}
