import { possible } from '../support/descriptors.mjs';
import { throttled } from '../support/neighbour.mjs';
import { now } from '../support/monotonic.mjs';
import { canPin } from '../support/pinning.mjs';
import { serve, served } from '../support/served.mjs';
import { costOf, withClients, withServer } from '../support/server.mjs';
import { milliseconds } from '../support/statistics.mjs';

const goal = { of: 10_000, told: 1000, delay: 50 };
/** Seconds of grace behind the deadline in which this machine can tell all, however slow it is. */
const ample = 60;

/** Seconds: without an ample grace the telling has to begin before the deadline, and half of them may be needed for it. */
const timeoutFor = (count) => Math.max(4, count / 1500);

const situations = {
  ample: { timeout: () => 2, grace: ample, surroundings: (_server, use) => use() },
  unknown: { timeout: timeoutFor, surroundings: throttled },
};

/** How bare Nest ends its streams, and the last event of each: what tells the limit. */
const ownEnds = {
  'bare Nest': undefined,
  'bare Nest, told by hand': { type: 'shutdown', data: { reason: 'deadline' } },
};

/** Thousands of open streams at the deadline: how long until every client has its farewell. */
export async function deadline({ quick }) {
  const counts = quick ? [1000] : possible([10_000, 20_000]);
  const rows = [];
  for (const adapter of ['express', 'fastify']) {
    for (const [name, farewell] of Object.entries(ownEnds)) {
      rows.push(await ownEndRow(adapter, Math.min(...counts), name, farewell));
    }
    for (const count of counts) {
      rows.push(row(adapter, count, 'ample', await cancelAll(adapter, count, situations.ample)));
      // The fewer streams are the easier case there.
      if (!canPin || count < Math.max(...counts)) continue;
      const told = await cancelAll(adapter, count, situations.unknown);
      rows.push(row(adapter, count, 'unknown', told));
    }
  }
  return {
    title: 'Everybody told at the deadline',
    text:
      'So many SSE streams are open when the deadline comes. From the deadline until the last client has read its ' +
      'farewell, and until the server knows that all responses have been flushed and closed; the delay of the event loop ' +
      'of the server meanwhile, and its processor time for each stream, the close of its connection included. *Cut* are ' +
      'those whose client has not read both a farewell and the end of its stream. The clients are raw sockets in one process of ' +
      'their own, on the same machine. A fresh process for each ' +
      `row, which has served ${served} streams to their own end before, so that what all ends have in common is compiled. ` +
      'With an *ample* grace period all are told behind the deadline, as quickly as the machine can. With an ' +
      '*unknown* one the telling begins before the deadline, where the rate of this machine says that it must, and as ' +
      'late as it may: where the last farewell was read before the deadline, its time is negative. There the server has ' +
      'half of one processor, which it shares with a process that takes all it gets, and the delay is watched from the ' +
      'first farewell on. *Bare Nest* tells the limit: the same route without the library, whose source ends all ' +
      'streams at once, in one turn, and closes none of their connections; *told by hand*, the source sends an event before, ' +
      'as a farewell; from there until the last client has read the end. Goals: none is cut in any row; with an ample ' +
      `grace period ${goal.of} are told and flushed within ${goal.told} ms, with a 99th percentile of the delay of at ` +
      `most ${goal.delay} ms, which is wanted of the other rows of whole processors too. *Reached* is only said of a row ` +
      'to which all of these apply; of the others, what was asked of them.',
    columns: [
      'adapter',
      'streams',
      'grace period',
      'cut',
      'last farewell read',
      'all flushed',
      'µs/stream',
      'delay p99',
      'delay max',
      'verdict',
    ],
    rows,
  };
}

/** The limit: all in one turn, by their own source, and every connection is kept. */
async function ownEndRow(adapter, count, name, farewell) {
  const { told, cost } = await endByThemselves(adapter, count, farewell);
  const cells = [adapter, `${count}, ${name}`, 'none', ''];
  return [...cells, milliseconds(told), '', cost.toFixed(0), '', '', ''];
}

function endByThemselves(adapter, count, farewell) {
  return withServer({ adapter, variant: 'bare' }, (server, port) =>
    withClients(async (clients) => {
      await serve(server, clients, port);
      await clients.ask('open', { port, path: '/ending', count });
      const last = clients.ask('lastEnd');
      const { cost, result: told } = await costOf(server, async () => {
        const begun = now();
        await server.ask('endStreams', farewell);
        return (await last) - begun;
      });
      return { told, cost: cost / count };
    }),
  );
}

function row(adapter, count, grace, result) {
  const { told, flushed, cost, delay } = result;
  return [
    ...[adapter, String(count), grace, tellCut(result), milliseconds(told)],
    ...[grace === 'ample' ? milliseconds(flushed) : '', cost.toFixed(0)],
    ...[delay.p99, delay.max].map(milliseconds),
    judge(count, grace, result),
  ];
}

/** As the clients saw it, and what the server says of itself where that is something else. */
function tellCut({ cut, reported }) {
  return cut === reported ? String(cut) : `${cut}, reported ${reported}`;
}

function judge(count, grace, { cut, reported, flushed, delay }) {
  const isAmple = grace === 'ample';
  const isTimed = isAmple && count <= goal.of;
  const missed = [
    cut > 0 && 'cut',
    cut > reported && 'report',
    isTimed && flushed > goal.told && 'told',
    isAmple && delay.p99 > goal.delay && 'delay',
  ].filter(Boolean);
  if (missed.length > 0) return `**missed**: ${missed.join(', ')}`;
  if (isTimed) return 'reached';
  return isAmple ? 'none cut, delay kept' : 'none cut';
}

/** @param situation `surroundings`: how the server runs meanwhile */
function cancelAll(adapter, count, { timeout: timeoutOf, grace, surroundings }) {
  const timeout = timeoutOf(count);
  const options = { timeout, ...(grace && { terminationGracePeriod: grace }) };
  return withServer({ adapter, variant: 'nestjs-drain', ...options }, (server, port) =>
    withClients(async (clients) => {
      await serve(server, clients, port);
      await clients.ask('open', { port, path: '/hold', count });
      const drainAll = () => Promise.all([server.ask('drain'), clients.ask('ends')]);
      const { cost, result } = await costOf(server, () => surroundings(server, drainAll));
      const [watched, ends] = result;
      return { ...resultOf(watched, ends, timeout * 1000), cost: cost / count };
    }),
  );
}

function resultOf({ startedAt, deadline, drained, report, delay }, ends, timeout) {
  const last = Math.max(...ends.map(({ farewellAt = -Infinity }) => farewellAt));
  return {
    cut: ends.filter(({ farewellAt, endAt }) => !farewellAt || !endAt).length,
    reported: report.cut,
    told: last - startedAt - timeout,
    flushed: drained - deadline,
    delay,
  };
}
