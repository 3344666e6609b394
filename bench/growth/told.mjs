import { possible } from '../support/descriptors.mjs';
import { served, serve } from '../support/served.mjs';
import { costOf, withClients, withServer } from '../support/server.mjs';
import { fixed, milliseconds } from '../support/statistics.mjs';

const adapters = ['express', 'fastify'];

const text =
  'So many streams are open at the deadline. Processor time of the process, from the trigger to the end of the ' +
  'drain, for each of them: its wave, its farewell, its end and the close of its socket. Each process has served ' +
  `${served} streams to their own end before, so that what all ends have in common is compiled. *Told* is the time from ` +
  'the deadline, or from the first farewell where that came earlier, until all had left, on this machine.';

/** What it costs to end a stream at the deadline, by the number of streams that are open then. */
export async function told({ quick }) {
  const sizes = possible(quick ? [100, 1000] : [100, 500, 2000, 5000, 10_000, 20_000]);
  const points = [];
  for (const adapter of adapters) {
    for (const size of sizes) points.push({ adapter, size, ...(await drain(adapter, size)) });
  }
  return {
    ...{ title: 'Streams told at the deadline', text, points },
    columns: ['adapter', 'streams', 'µs/stream', 'told', 'event loop p99', 'cut'],
    rows: points.map((point) => [
      ...[point.adapter, point.size, fixed(1)(point.cost), milliseconds(point.told)],
      ...[milliseconds(point.delay), point.cut],
    ]),
    charts: { stream: chart(points) },
  };
}

const chart = (points) => ({
  title: 'Processor time to end one stream at the deadline',
  ...{ x: 'streams open at the deadline', y: 'µs' },
  series: adapters.map((name) => ({
    name,
    points: points.filter(({ adapter }) => adapter === name).map(({ size, cost }) => [size, cost]),
  })),
});

function drain(adapter, count) {
  // An ample grace period: told at the deadline, as quickly as the machine can.
  const options = { timeout: 1, terminationGracePeriod: 60 };
  return withServer({ adapter, variant: 'nestjs-drain', ...options }, (server, port) =>
    withClients(async (clients) => {
      await serve(server, clients, port);
      await clients.ask('open', { port, path: '/hold', count });
      const { cost, result } = await costOf(server, () => server.ask('drain'));
      const { deadline, drained, delay, report } = result;
      return {
        ...{ told: drained - deadline, delay: delay.p99, cut: report.cut },
        cost: cost / count,
      };
    }),
  );
}
