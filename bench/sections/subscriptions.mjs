import { reconnectWaves } from '../server/variants.mjs';
import { withClients, withServer } from '../support/server.mjs';
import { milliseconds, verdict } from '../support/statistics.mjs';

const goal = { delay: 50 };
const streamsPerSession = 100;
/** ms */
const span = 500;

/** Tens of thousands of subscriptions that are asked to reconnect, in waves. */
export async function subscriptions({ quick }) {
  const count = quick ? 2000 : 50_000;
  const rows = [row(count, await askAll(count))];
  const { size, interval } = reconnectWaves;
  return {
    title: 'Subscriptions asked to reconnect',
    text:
      `So many subscriptions are open when the draining begins, ${streamsPerSession} on each connection (HTTP/2, Fastify). ` +
      `\`waves\` are ${size} every ${interval} s: ${size / interval} a second, a quarter of the default, so that the rate is ` +
      'that of the waves and not of the machine. The rate is that of the clients that read ' +
      `\`retry:\` and the end, on average and in the fullest ${span} ms. Goal: 99th percentile of the event loop's delay ` +
      `at most ${goal.delay} ms.`,
    columns: [
      'subscriptions',
      'asked, ended cleanly',
      'time for all',
      'rate',
      'highest rate',
      'delay p99',
      'delay max',
      'delay, goal',
    ],
    rows,
  };
}

function row(count, { asked, endsAt, delay, startedAt }) {
  const time = endsAt.reduce((one, other) => Math.max(one, other)) - startedAt;
  return [
    String(count),
    String(asked),
    milliseconds(time),
    perSecond(count / time),
    perSecond(fullest(endsAt) / span),
    milliseconds(delay.p99),
    milliseconds(delay.max),
    asked < count ? '**missed**: not all asked' : verdict(delay.p99, goal.delay),
  ];
}

const perSecond = (perMillisecond) => `${Math.round(perMillisecond * 1000)}/s`;

/** The most that ended within one span. */
function fullest(endsAt) {
  const sorted = [...endsAt].sort((one, other) => one - other);
  let most = 0;
  let first = 0;
  for (let last = 0; last < sorted.length; last += 1) {
    while (sorted[last] - sorted[first] > span) first += 1;
    most = Math.max(most, last - first + 1);
  }
  return most;
}

function askAll(count) {
  const parameters = {
    adapter: 'fastify',
    http2: true,
    variant: 'subscriptions in waves',
    timeout: 120,
  };
  return withServer(parameters, (server, port) =>
    withClients(async (clients) => {
      const sessions = { port, path: '/hold', count: count / streamsPerSession };
      await clients.ask('openSessions', { ...sessions, streams: streamsPerSession });
      const [watched, ends] = await Promise.all([server.ask('drain'), clients.ask('sessionEnds')]);
      return { ...watched, ...ends };
    }),
  );
}
