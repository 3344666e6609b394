import { alternate } from '../support/alternate.mjs';
import { possible } from '../support/descriptors.mjs';
import { withClients, withServer } from '../support/server.mjs';
import { kibibytes, median, ratio, summary } from '../support/statistics.mjs';

/** What one open stream holds in the server, with the module and without. */
export async function memory({ quick }) {
  const crowds = quick
    ? [[1000, 1]]
    : [
        [2000, 5],
        [possible([20_000])[0], 1],
      ];
  const rows = [];
  for (const adapter of ['express', 'fastify']) {
    for (const [count, turns] of crowds) {
      const results = await alternate(turns, {
        bare: () => perStream(adapter, 'bare', count),
        drain: () => perStream(adapter, 'nestjs-drain', count),
      });
      rows.push(...['heapUsed', 'rss'].map((kind) => row(adapter, count, kind, results)));
    }
  }
  return {
    title: 'Memory for each open stream',
    text:
      'So many open SSE streams, one socket each, in a fresh server that has opened and closed a quarter of them ' +
      'before; heap and resident set after a full garbage collection, divided by their number. ' +
      `${crowds.map(([count, turns]) => `${count} streams: ${turns} processes of each variant`).join(', ')}, in turn.`,
    columns: ['adapter', 'streams', 'kind', 'bare', 'with nestjs-drain', 'difference', 'ratio'],
    rows,
  };
}

function row(adapter, count, kind, results) {
  const [bare, drain] = [results.bare, results.drain].map((all) => all.map((one) => one[kind]));
  const difference = median(drain) - median(bare);
  return [
    adapter,
    String(count),
    kind,
    summary(bare, kibibytes),
    summary(drain, kibibytes),
    kibibytes(difference),
    ratio(median(drain) / median(bare)),
  ];
}

function perStream(adapter, variant, count) {
  const measure = async (server, port) =>
    withClients(async (clients) => {
      await clients.ask('open', { port, path: '/hold', count: count / 4 });
      await clients.ask('leave');
      const before = await server.ask('memory');
      await clients.ask('open', { port, path: '/hold', count });
      const after = await server.ask('memory');
      return {
        heapUsed: (after.heapUsed - before.heapUsed) / count,
        rss: (after.rss - before.rss) / count,
      };
    });
  return withServer({ adapter, variant }, measure, { execArgv: ['--expose-gc'] });
}
