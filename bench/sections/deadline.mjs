import { possible } from '../support/descriptors.mjs';
import { throttled } from '../support/neighbour.mjs';
import { canPin } from '../support/pinning.mjs';
import { withClients, withServer } from '../support/server.mjs';
import { milliseconds, verdict } from '../support/statistics.mjs';

const goal = { told: 1000, delay: 50 };

/** Seconds: long enough to begin before the deadline, where many are open. */
const timeoutFor = (count) => Math.max(4, count / 2500);

/** Thousands of open streams at the deadline: how long until every client has its farewell. */
export async function deadline({ quick }) {
  const counts = quick ? [1000] : possible([10_000, 20_000]);
  const rows = [];
  for (const adapter of ['express', 'fastify']) {
    for (const count of counts) {
      rows.push(row(adapter, count, 'all', await cancelAll(adapter, count)));
      if (!canPin) continue;
      rows.push(row(adapter, count, 'half of one', await cancelAll(adapter, count, throttled)));
    }
  }
  return {
    title: 'Everybody told at the deadline',
    text:
      'So many SSE streams are open when the deadline comes. From the beginning of the telling until the last client ' +
      'has read its farewell, and until the server knows that all responses have been flushed and closed; the delay of ' +
      'the event loop of the server in between, and its processor time for each stream. *Behind the deadline* is when ' +
      'the last farewell was read: where it takes long the drain begins before the deadline. The clients are raw sockets ' +
      'in one process of their own, on the same machine. With *half of one* processor the server shares it with a ' +
      'process that takes all it gets. A fresh process for each row. Goals: all ' +
      `told within ${goal.told} ms and none cut, 99th percentile of the delay at most ${goal.delay} ms.`,
    columns: [
      'adapter',
      'streams',
      'processors',
      'cut',
      'last farewell read',
      'all flushed',
      'behind the deadline',
      'µs/stream',
      'delay p99',
      'delay max',
      'told, goal',
      'delay, goal',
    ],
    rows,
  };
}

function row(adapter, count, processors, { report, told, flushed, behind, cost, delay }) {
  return [
    ...[adapter, String(count), processors, String(report.cut)],
    ...[told, flushed, behind].map(milliseconds),
    cost.toFixed(0),
    ...[delay.p99, delay.max].map(milliseconds),
    verdict(report.cut > 0 ? Infinity : flushed, goal.told),
    verdict(delay.p99, goal.delay),
  ];
}

/** @param surroundings how the server runs meanwhile */
function cancelAll(adapter, count, surroundings = (_server, use) => use()) {
  const timeout = timeoutFor(count);
  return withServer({ adapter, variant: 'nestjs-drain', timeout }, (server, port) =>
    withClients(async (clients) => {
      await clients.ask('open', { port, path: '/hold', count });
      const before = await server.ask('processor');
      const [watched, ends] = await surroundings(server, () =>
        Promise.all([server.ask('drain'), clients.ask('ends')]),
      );
      const after = await server.ask('processor');
      const read = ends.filter(({ endAt }) => endAt).map(({ farewellAt }) => farewellAt);
      const last = Math.max(...read);
      return {
        ...watched,
        told: last - watched.deadline,
        flushed: watched.drained - watched.deadline,
        behind: last - watched.startedAt - timeout * 1000,
        cost: (after.user + after.system - before.user - before.system) / count,
      };
    }),
  );
}
