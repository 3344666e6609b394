import autocannon from 'autocannon';
import { alternate } from '../support/alternate.mjs';
import { withServer } from '../support/server.mjs';
import { median, ratio, summary } from '../support/statistics.mjs';

const connections = 16;

/** Requests per second, and the server's processor time for one request, with the module and without. */
export async function throughput({ quick }) {
  const effort = quick
    ? { processes: 1, turns: 3, seconds: 1 }
    : { processes: 4, turns: 6, seconds: 1 };
  const rows = [];
  for (const adapter of ['express', 'fastify']) {
    for (const path of ['/plain', '/stream']) {
      rows.push(await compare(adapter, path, 'nestjs-drain', effort));
    }
  }
  rows.push(await compare('express', '/plain', 'bare', effort));
  return {
    title: 'Throughput',
    text:
      `${connections} keep-alive connections, autocannon 8, slices of ${effort.seconds} s: ` +
      `${effort.processes} pairs of fresh processes, ${effort.turns} slices for each process, A B B A. ` +
      'A ratio compares two neighbouring slices; 1 means that the module costs nothing. The stream is ' +
      'an `@Sse()` of ten small events and its end, a hard case: nothing in it hides the cost of its ' +
      'admission. The processor time is the steadier of the two ratios, because what else runs on the ' +
      'machine does not count in it. The last row compares bare Nest with itself, so what it shows is noise.',
    columns: [
      'adapter, route',
      'against bare Nest',
      'bare, requests/s',
      'throughput, ratio',
      'bare, µs of processor/request',
      'processor/request, ratio',
    ],
    rows,
  };
}

async function compare(adapter, path, variant, { processes, turns, seconds }) {
  const pairs = [];
  for (let pair = 0; pair < processes; pair += 1) {
    pairs.push(...(await comparePair(adapter, path, variant, { turns, seconds })));
  }
  const of = (number) => pairs.map(number);
  return [
    `${adapter}, ${path}`,
    variant,
    median(of(({ bare }) => bare.rate)).toFixed(0),
    summary(
      of(({ bare, other }) => other.rate / bare.rate),
      ratio,
    ),
    median(of(({ bare }) => bare.processor)).toFixed(1),
    summary(
      of(({ bare, other }) => other.processor / bare.processor),
      ratio,
    ),
  ];
}

/** One process of each, both running all the time: the one that is not asked costs nothing. */
function comparePair(adapter, path, variant, { turns, seconds }) {
  return withServer({ adapter, variant: 'bare' }, (bare, barePort) =>
    withServer({ adapter, variant }, async (other, otherPort) => {
      const parties = {
        bare: () => slice(bare, barePort, path, seconds),
        other: () => slice(other, otherPort, path, seconds),
      };
      await parties.bare();
      await parties.other();
      const results = await alternate(turns, parties);
      return results.bare.map((slice, turn) => ({ bare: slice, other: results.other[turn] }));
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
