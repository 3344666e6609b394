import autocannon from 'autocannon';
import { alternate } from './alternate.mjs';
import { withServer } from './server.mjs';
import { median, ratio, summary } from './statistics.mjs';

const connections = 16;
const thoroughly = { processes: 4, turns: 6, seconds: 1 };
const quickly = { processes: 1, turns: 3, seconds: 1 };

export const method = ({ quick }) => {
  const { processes, turns, seconds } = quick ? quickly : thoroughly;
  return (
    `${connections} keep-alive connections, autocannon 8, slices of ${seconds} s: ${processes} pairs of ` +
    `fresh processes, ${turns} slices for each process, A B B A. A ratio compares two neighbouring slices; ` +
    '1 means that it costs nothing. The processor time is the steadier of the two ratios, because what ' +
    'else runs on the machine does not count in it.'
  );
};

export const columns = [
  'adapter, route',
  'of',
  'against',
  'requests/s of the latter',
  'throughput, ratio',
  'µs of processor/request of the latter',
  'processor/request, ratio',
];

/** One row: a variant against the one it is measured by, on one route of one adapter. */
export async function compare(adapter, path, against, of, { quick }) {
  const { processes, turns, seconds } = quick ? quickly : thoroughly;
  const pairs = [];
  for (let pair = 0; pair < processes; pair += 1) {
    pairs.push(...(await comparePair(adapter, path, { against, of }, { turns, seconds })));
  }
  const all = (number) => pairs.map(number);
  const ratios = (kind) => all((pair) => pair.of[kind] / pair.against[kind]);
  return [
    `${adapter}, ${path}`,
    of,
    against,
    median(all((pair) => pair.against.rate)).toFixed(0),
    summary(ratios('rate'), ratio),
    median(all((pair) => pair.against.processor)).toFixed(1),
    summary(ratios('processor'), ratio),
  ];
}

/** One process of each, both running all the time: the one that is not asked costs nothing. */
function comparePair(adapter, path, variants, { turns, seconds }) {
  return withServer({ adapter, variant: variants.against }, (first, firstPort) =>
    withServer({ adapter, variant: variants.of }, async (second, secondPort) => {
      const parties = {
        against: () => slice(first, firstPort, path, seconds),
        of: () => slice(second, secondPort, path, seconds),
      };
      await parties.against();
      await parties.of();
      const results = await alternate(turns, parties);
      return results.against.map((against, turn) => ({ against, of: results.of[turn] }));
    }),
  );
}

async function slice(server, port, path, seconds) {
  const before = await server.ask('processor');
  const started = performance.now();
  const { requests, errors, non2xx } = await autocannon({
    url: `http://127.0.0.1:${port}${path}`,
    connections,
    duration: seconds,
  });
  const elapsed = performance.now() - started;
  const after = await server.ask('processor');
  if (errors + non2xx > 0) throw new Error(`${path}: ${errors} errors, ${non2xx} refusals.`);
  const used = after.user + after.system - before.user - before.system;
  return { rate: (requests.total / elapsed) * 1000, processor: used / requests.total };
}
