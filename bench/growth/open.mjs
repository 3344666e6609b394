import { setTimeout as pause } from 'node:timers/promises';
import { possible } from '../support/descriptors.mjs';
import { costOf, withClients, withServer } from '../support/server.mjs';
import { fixed, kibibytes } from '../support/statistics.mjs';

/** Events that are sent for one number, in all. */
const events = 20_000;

const parties = {
  Express: { adapter: 'express', variant: 'nestjs-drain' },
  Fastify: { adapter: 'fastify', variant: 'nestjs-drain' },
  'Express, bare Nest': { adapter: 'express', variant: 'bare' },
};

/** What an open stream costs, by the number of streams that are open. */
export async function open({ quick }) {
  const sizes = possible(quick ? [100, 1000] : [100, 500, 2000, 5000, 10_000, 20_000]);
  const points = [];
  for (const party of Object.keys(parties)) points.push(...(await grow(party, sizes)));
  const one = fixed(1);
  return {
    title: 'Streams open in one process',
    text:
      'So many SSE streams, one socket each, are open in one process. Processor time of the process for opening one, ' +
      'and for sending an event to one; heap and resident memory after a garbage collection, more than with none, for ' +
      'each stream. Opening is that of the connection and of the request; where few streams are open, their resident pages ' +
      'are lost among those of the process, and are not shown.',
    columns: ['', 'streams', 'µs/opening', 'µs/event', 'heap/stream', 'resident/stream'],
    rows: points.map((point) => [
      ...[point.party, point.size, one(point.opening), one(point.event)],
      // The pages of few streams are lost among those of the rest.
      ...[kibibytes(point.heap), point.size < 1000 ? '' : kibibytes(point.resident)],
    ]),
    charts: {
      event: chart(
        'Processor time to send an event to one stream',
        'µs',
        points,
        ({ event }) => event,
      ),
      heap: chart('Heap for one open stream', 'KiB', points, ({ heap }) => heap / 1024),
    },
    points,
  };
}

const chart = (title, y, points, cost) => ({
  ...{ title, x: 'streams open', y },
  series: Object.keys(parties).map((name) => ({
    name,
    points: points.filter(({ party }) => party === name).map((point) => [point.size, cost(point)]),
  })),
});

function grow(party, sizes) {
  const measure = (server, port) =>
    withClients(async (clients) => {
      const ask = { port, path: '/follow' };
      // What is compiled for the first streams belongs to none.
      await clients.ask('open', { ...ask, count: 300 });
      await server.ask('tick', { times: 50 });
      await clients.ask('leave');
      await pause(200);
      const empty = await server.ask('memory');
      const points = [];
      let isOpen = 0;
      for (const size of sizes) {
        const { cost: opening } = await costOf(server, () =>
          clients.ask('open', { ...ask, count: size - isOpen }),
        );
        const memory = await server.ask('memory');
        const times = Math.ceil(events / size);
        const { cost: event } = await costOf(server, () => server.ask('tick', { times }));
        points.push({
          ...{ party, size, opening: opening / (size - isOpen), event: event / size / times },
          heap: (memory.heapUsed - empty.heapUsed) / size,
          resident: (memory.rss - empty.rss) / size,
        });
        isOpen = size;
      }
      return points;
    });
  return withServer(parties[party], measure, { execArgv: ['--expose-gc'] });
}
