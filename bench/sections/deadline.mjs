import { withClients, withServer } from '../support/server.mjs';
import { median, milliseconds, summary, verdict } from '../support/statistics.mjs';

const goal = { told: 1000, delay: 50 };

/** Thousands of open streams at the deadline: how long until every client has its farewell. */
export async function deadline({ quick }) {
  const counts = quick ? [1000] : [5000, 10_000];
  const turns = quick ? 1 : 5;
  const rows = [];
  for (const adapter of ['express', 'fastify']) {
    for (const count of counts) {
      const results = [];
      for (let turn = 0; turn < turns; turn += 1) results.push(await cancelAll(adapter, count));
      rows.push(row(adapter, count, results));
    }
  }
  return {
    title: 'Everybody told at the deadline',
    text:
      'So many SSE streams are open when the deadline comes. From then until the last client has read ' +
      'its farewell, and until the server knows that all responses have been flushed and closed; the ' +
      'delay of the event loop of the server in between. The clients are raw sockets in one process of ' +
      `their own, on the same machine. ${turns} fresh processes for each row. Goals: all told within ` +
      `${goal.told} ms and none cut, 99th percentile of the delay at most ${goal.delay} ms.`,
    columns: [
      'adapter',
      'streams',
      'cut, at most',
      'last farewell read',
      'all flushed',
      'delay p99',
      'delay max',
      'told, goal',
      'delay, goal',
    ],
    rows,
  };
}

function row(adapter, count, results) {
  const of = (number) => results.map(number);
  const flushed = of((result) => result.flushed);
  const delays = of((result) => result.delay.p99);
  const cut = Math.max(...of(({ report }) => report.cut));
  return [
    adapter,
    String(count),
    String(cut),
    summary(
      of((result) => result.told),
      milliseconds,
    ),
    summary(flushed, milliseconds),
    summary(delays, milliseconds),
    summary(
      of((result) => result.delay.max),
      milliseconds,
    ),
    verdict(cut > 0 ? Infinity : median(flushed), goal.told),
    verdict(median(delays), goal.delay),
  ];
}

function cancelAll(adapter, count) {
  return withServer({ adapter, variant: 'nestjs-drain', timeout: 1 }, (server, port) =>
    withClients(async (clients) => {
      await clients.ask('open', { port, path: '/hold', count });
      const [watched, ends] = await Promise.all([server.ask('drain'), clients.ask('ends')]);
      const farewells = ends.filter(({ endAt }) => endAt).map(({ farewellAt }) => farewellAt);
      const told = Math.max(...farewells) - watched.deadline;
      return { ...watched, told, flushed: watched.drained - watched.deadline };
    }),
  );
}
