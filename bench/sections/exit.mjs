import { alternate } from '../support/alternate.mjs';
import { KeepAliveClient } from '../support/keep-alive-client.mjs';
import { bound, medianOf, peers, tellTime } from '../support/peers.mjs';
import { withServer } from '../support/server.mjs';
import { verdict } from '../support/statistics.mjs';

const goal = 100;
const sockets = 50;

/** From SIGTERM to the exit, when no client wants anything any more. */
export async function exit({ quick }) {
  const rows = [];
  for (const adapter of ['express', 'fastify']) {
    const parties = peers.map((variant) => [variant, () => exitTime(adapter, variant)]);
    const results = await alternate(quick ? 2 : 11, Object.fromEntries(parties));
    for (const variant of peers) {
      const times = results[variant];
      rows.push([adapter, variant, tellTime(times), verdict(medianOf(times), goal)]);
    }
  }
  return {
    title: 'SIGTERM to exit, with idle connections',
    text:
      `${sockets} connections of Node's own HTTP agent, each kept after one answer. Nothing is in flight. ` +
      `From SIGTERM to the exit of the process, as its parent sees it. Goal: at most ${goal} ms.`,
    columns: ['adapter', 'library', 'time', 'goal'],
    rows,
  };
}

function exitTime(adapter, variant) {
  return withServer({ adapter, variant }, async (server, port) => {
    const client = new KeepAliveClient(port);
    await Promise.all(Array.from({ length: sockets }, () => client.read('/plain')));
    const exited = server.exit(bound);
    const started = performance.now();
    server.signal('SIGTERM');
    const moment = await exited;
    client.close();
    return moment && moment - started;
  });
}
