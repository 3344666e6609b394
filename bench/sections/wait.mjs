import { setTimeout as pause } from 'node:timers/promises';
import { alternate } from '../support/alternate.mjs';
import { endOf, KeepAliveClient } from '../support/keep-alive-client.mjs';
import { withServer } from '../support/server.mjs';
import { Turns } from '../support/turns.mjs';
import { median, milliseconds, summary, verdict } from '../support/statistics.mjs';
import { bound, peers, tellTime } from '../support/peers.mjs';

const goal = 10;
/** ms of `settle`, for which law 11 waits behind an answer that promised keep-alive. */
const settle = 250;
/** ms from the trigger to the end of the stream, for the shutdown to be well under way. */
const beforeTheEnd = 600;
/** Seconds for which streams are still admitted behind the trigger, where the client is to be notified. */
const propagationDelay = 0.4;

const hooks = {
  notified: { run: waitNotified, limit: goal },
  'not notified': { run: waitPromised, limit: settle + goal },
};

/** From the end of the last stream to the moment in which a caller outside knows. */
export async function wait({ quick }) {
  const turns = quick ? 2 : 3;
  const parties = Object.entries(hooks).map(([name, { run }]) => [name, run]);
  const answered = await alternate(turns, Object.fromEntries(parties));
  const rows = Object.entries(hooks).map(([name, { limit }]) => [
    ...['nestjs-drain', '`/shutdown/wait` answered', name],
    ...[summary(answered[name], milliseconds), verdict(median(answered[name]), limit)],
  ]);
  for (const keepAlive of [true, false]) rows.push(...(await exitRows(keepAlive)));
  return {
    title: 'After the last stream',
    text:
      'One open stream, and the shutdown has begun; the stream ends by itself. From its last byte, as ' +
      'its client reads it, to the answer of `GET /shutdown/wait` that a preStop hook is waiting for. ' +
      'A client is *notified* if its answer said `Connection: close`, as every answer does that begins behind the ' +
      `trigger (goal: at most ${goal} ms). A stream that was open before promised keep-alive, and its client may ask ` +
      `again: law 11 waits ${settle} ms for that (goal: that, and at most ${goal} ms more). No peer has such a route, ` +
      'so beside it stands what all of them can do: SIGTERM while the stream is open, and the time from its last byte ' +
      'to the exit of the process. Twice: with a client that keeps its connection for the next request, as pools and ' +
      'browsers do, and with one that asks for `Connection: close`. A stream that did not come to its end is *cut*. ' +
      'Behind a kept connection a peer waits until Node closes it, `keepAliveTimeout` (5 s) behind the answer. *Bare* has no ' +
      'shutdown hooks, so SIGTERM ends it at once. Fresh processes each time, Express; those whose client keeps its connection ' +
      `run side by side. Of the hook the median of ${turns} turns, in brackets the lowest and the highest.`,
    columns: ['library', 'until', 'client', 'time', 'goal'],
    rows,
  };
}

/**
 * All are started together. Where a client keeps its connection they end together too, because the peers mostly wait for a
 * timer of Node, which is many seconds long.
 */
function exitRows(keepAlive) {
  const turns = new Turns(peers.length);
  const inTurn = (place, measure) => (keepAlive ? measure() : turns.take(place, measure));
  return Promise.all(
    peers.map((variant, place) => exitRow(variant, keepAlive, (measure) => inTurn(place, measure))),
  );
}

async function exitRow(variant, keepAlive, inTurn) {
  const result = await withServer({ variant }, (server, port) =>
    inTurn(() => exited(server, port, keepAlive)),
  );
  const time = result === 'cut' ? '**cut**' : tellTime(result);
  return [variant, 'exit', keepAlive ? 'keeps its connection' : 'closes it', time, ''];
}

function waitPromised() {
  return withServer({ variant: 'nestjs-drain' }, async (server, port) => {
    const stream = await new KeepAliveClient(port).get('/ending');
    return untilAnswered(server, stream, new KeepAliveClient(port).read('/shutdown/wait'));
  });
}

function waitNotified() {
  return withServer({ variant: 'nestjs-drain', propagationDelay }, async (server, port) => {
    const client = new KeepAliveClient(port);
    const answer = new KeepAliveClient(port).read('/shutdown/wait');
    // The first answer says whether the hook has begun the shutdown.
    while ((await client.header('/plain', 'connection')) !== 'close');
    return untilAnswered(server, await client.get('/ending'), answer);
  });
}

/** ms from the last byte of the stream to the answer. */
async function untilAnswered(server, stream, answer) {
  const end = endOf(stream);
  await pause(beforeTheEnd);
  server.ask('endStreams').catch(() => undefined);
  return (await answer) - (await end);
}

/** ms from the last byte of the stream to the exit; undefined where it does not come, `cut` for a lost stream. */
async function exited(server, port, keepAlive) {
  const client = new KeepAliveClient(port, keepAlive);
  const end = endOf(await client.get('/ending')).catch(() => 'cut');
  const exit = server.exit(bound);
  server.signal('SIGTERM');
  await pause(beforeTheEnd);
  server.ask('endStreams').catch(() => undefined);
  const [ended, moment] = [await end, await exit];
  client.close();
  return ended === 'cut' ? ended : moment && moment - ended;
}
