import { setTimeout as pause } from 'node:timers/promises';
import { alternate } from '../support/alternate.mjs';
import { endOf, KeepAliveClient } from '../support/keep-alive-client.mjs';
import { withServer } from '../support/server.mjs';
import { median, milliseconds, summary, verdict } from '../support/statistics.mjs';
import { bound, peers, tellTime } from '../support/peers.mjs';

const goal = 10;
/** ms from the trigger to the end of the stream, for the shutdown to be well under way. */
const beforeTheEnd = 300;

/** From the end of the last stream to the moment in which a caller outside knows. */
export async function wait({ quick }) {
  const turns = quick ? 2 : 20;
  const answered = (await alternate(turns, { wait: waitAnswered })).wait;
  const rows = [
    [
      'nestjs-drain',
      '`/shutdown/wait` answered',
      'kept',
      summary(answered, milliseconds),
      verdict(median(answered), goal),
    ],
  ];
  for (const keepAlive of [true, false]) {
    const parties = peers.map((variant) => [variant, () => exited(variant, keepAlive)]);
    const results = await alternate(quick ? 1 : 7, Object.fromEntries(parties));
    for (const variant of peers) {
      rows.push([variant, 'exit', keepAlive ? 'kept' : 'closed', tellTime(results[variant]), '']);
    }
  }
  return {
    title: 'After the last stream',
    text:
      'One open stream, and the shutdown has begun; the stream ends by itself. From its last byte, as ' +
      'its client reads it, to the answer of `GET /shutdown/wait` that a preStop hook is waiting for ' +
      `(goal: at most ${goal} ms). No peer has such a route, so beside it stands what all of them can do: ` +
      'SIGTERM while the stream is open, and the time from its last byte to the exit of the process. ' +
      'Twice: with a client that keeps its connection for the next request, as pools and browsers do, ' +
      'and with one that asks for `Connection: close`. Fresh processes each time, Express.',
    columns: ['library', 'until', "client's connection", 'time', 'goal'],
    rows,
  };
}

function waitAnswered() {
  return withServer({ variant: 'nestjs-drain' }, async (server, port) => {
    const [streaming, waiting] = [new KeepAliveClient(port), new KeepAliveClient(port)];
    const end = endOf(await streaming.get('/ending'));
    const answer = waiting.read('/shutdown/wait');
    await pause(beforeTheEnd);
    server.ask('endStreams').catch(() => undefined);
    return (await answer) - (await end);
  });
}

function exited(variant, keepAlive) {
  return withServer({ variant }, async (server, port) => {
    const client = new KeepAliveClient(port, keepAlive);
    const end = endOf(await client.get('/ending'));
    const exit = server.exit(bound);
    server.signal('SIGTERM');
    await pause(beforeTheEnd);
    server.ask('endStreams').catch(() => undefined);
    const ended = await end;
    const moment = await exit;
    client.close();
    return moment && moment - ended;
  });
}
