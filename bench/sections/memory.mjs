import { estimateDifference } from '../support/intervals.mjs';
import { withClients, withServer } from '../support/server.mjs';
import { kibibytes, mean } from '../support/statistics.mjs';
import { validity } from './throughput.mjs';

const goal = 1024;
/** Tables double at powers of two, so at both ends of this span the same part of them is filled. */
const span = 4;

/** What one open stream holds in the server, with the module and without. */
export async function memory({ quick }) {
  const [count, turns] = quick ? [1200, 3] : [3000, 4];
  const rows = [];
  for (const adapter of ['express', 'fastify']) {
    const results = await sideBySide(turns, (variant) => perStream(adapter, variant, count));
    const add = (...cells) => rows.push(row([adapter, ...cells], results));
    add('heapUsed', 'again');
    add('heapUsed', 'drain', goal);
    add('rss', 'drain');
  }
  return {
    title: 'Memory for each open stream',
    text:
      'What one more open SSE stream holds, one socket each: the heap and the resident set of a fresh server after a ' +
      `full garbage collection with so many streams open, less the same with 1/${span} of them, divided by the ` +
      'streams between. What a process compiles and allocates once is in both and falls out; at both ends V8 has ' +
      'filled the same part of its tables, which double at powers of two. One stream is open before the others come: V8 ' +
      'gives all objects of a kind room for as many properties as the first few have had. ' +
      `${count} streams, ${turns} processes of each, side by side. In brackets the 95 % interval of the ` +
      "difference of the means (Welch's t over the processes). The goal is " +
      '_reached_ where the whole interval lies below it, _missed_ where it lies above, and _open_ where it lies on ' +
      'both sides. Pages that the process had before are not in the resident set that it grows by. The rows of bare Nest ' +
      'against other processes of itself tell what the yardstick is worth: where such an interval does not hold 0, the ' +
      `run is void. ${validity(rows)}`,
    columns: ['adapter', 'kind', 'of', 'bare', 'the other', 'difference', 'goal', 'verdict'],
    rows: rows.map(({ cells }) => cells),
  };
}

/** A heap behind a full collection does not depend on who had the processor, so all parties run at once. */
async function sideBySide(turns, measure) {
  const results = { bare: [], again: [], drain: [] };
  for (let turn = 0; turn < turns; turn += 1) {
    const measured = Object.entries(results).map(async ([name, found]) =>
      found.push(await measure(name === 'drain' ? 'nestjs-drain' : 'bare')),
    );
    await Promise.all(measured);
  }
  return results;
}

function row([adapter, kind, of, target], results) {
  const [bare, measured] = [results.bare, results[of]].map((all) => all.map((one) => one[kind]));
  const difference = estimateDifference(measured, bare);
  const { value, low, high } = difference;
  const told = `${kibibytes(value)} (${kibibytes(low)} … ${kibibytes(high)})`;
  console.log(`${adapter}, ${kind}, ${of}: ${told}`);
  const isVoid = of === 'again' && (low > 0 || high < 0);
  const judged = target ? [`≤ ${kibibytes(target)}`, judge(difference, target)] : ['', ''];
  const cells = [
    ...[adapter, kind, of === 'again' ? 'bare' : 'nestjs-drain'],
    ...[kibibytes(mean(bare)), kibibytes(mean(measured)), told],
    ...(of === 'again' ? ['holds 0', isVoid ? '**void**' : 'valid'] : judged),
  ];
  return { isVoid, cells };
}

function judge({ low, high }, target) {
  if (high <= target) return 'reached';
  return low > target ? '**missed**' : 'open';
}

function perStream(adapter, variant, count) {
  const measure = async (server, port) =>
    withClients(async (clients) => {
      const few = Math.round(count / span);
      const open = (number) => clients.ask('open', { port, path: '/hold', count: number });
      await open(1);
      await open(few - 1);
      const before = await server.ask('memory');
      await open(count - few);
      const after = await server.ask('memory');
      return {
        heapUsed: (after.heapUsed - before.heapUsed) / (count - few),
        rss: (after.rss - before.rss) / (count - few),
      };
    });
  return withServer({ adapter, variant }, measure, { execArgv: ['--expose-gc'] });
}
