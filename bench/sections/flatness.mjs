import { setTimeout as pause } from 'node:timers/promises';
import { withClients, withServer } from '../support/server.mjs';
import { mean, mebibytes, verdict } from '../support/statistics.mjs';

const goal = 2 ** 20;
const streamsPerConnection = 10;
/** Slices until the compiler and the caches have what they want. */
const settling = 2;

/** Whether a process that has served a million streams holds more than one that has served few. */
export async function flatness({ quick }) {
  const { streams, slices } = quick
    ? { streams: 20_000, slices: 10 }
    : { streams: 1e6, slices: 20 };
  // Both at once: a heap behind a full collection does not depend on who had the processor.
  const measured = ['express', 'fastify'].map(async (adapter) =>
    row(adapter, streams, await heapsAfter(adapter, slices, streams / slices)),
  );
  return {
    title: 'Memory after a million streams',
    text:
      `${streams.toLocaleString('en')} streams on ${(streams / streamsPerConnection).toLocaleString('en')} connections, ` +
      `opened and closed in ${slices} slices. Each connection carries ${streamsPerConnection - 1} streams that end by ` +
      'themselves and one that its client leaves by closing the connection. After each slice the heap of the server ' +
      `after a full garbage collection. The first ${settling} slices are left out: V8 compiles in them. Growth is the ` +
      `last slice less the first of the others; goal: less than ${mebibytes(goal)}. The slope is that of the line of ` +
      'least squares through them.',
    columns: ['adapter', 'streams', 'heap, first', 'heap, last', 'growth', 'slope', 'goal'],
    rows: await Promise.all(measured),
  };
}

function row(adapter, streams, heaps) {
  const settled = heaps.slice(settling);
  const [first, last] = [settled[0], settled.at(-1)];
  const slope = slopeOf(settled) / (streams / heaps.length);
  return [
    ...[adapter, streams.toLocaleString('en'), mebibytes(first), mebibytes(last)],
    ...[mebibytes(last - first), `${slope.toFixed(2)} bytes/stream`, verdict(last - first, goal)],
  ];
}

function heapsAfter(adapter, slices, streams) {
  const measure = (server, port) =>
    withClients(async (clients) => {
      const heaps = [];
      for (let slice = 0; slice < slices; slice += 1) {
        const connections = streams / streamsPerConnection;
        await clients.ask('churn', { port, connections, streams: streamsPerConnection });
        // The server sees the last connections close a little later.
        await pause(200);
        heaps.push((await server.ask('memory')).heapUsed);
        console.log(
          `${adapter}: ${mebibytes(heaps.at(-1))} after ${(slice + 1) * streams} streams`,
        );
      }
      return heaps;
    });
  return withServer({ adapter, variant: 'nestjs-drain' }, measure, { execArgv: ['--expose-gc'] });
}

/** Of the line of least squares, for each step from one value to the next. */
function slopeOf(values) {
  const middle = (values.length - 1) / 2;
  const center = mean(values);
  let [products, squares] = [0, 0];
  values.forEach((value, index) => {
    products += (index - middle) * (value - center);
    squares += (index - middle) ** 2;
  });
  return products / squares;
}
