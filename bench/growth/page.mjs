import { availableParallelism, totalmem } from 'node:os';
import { tableOfNumbers } from '../support/markdown.mjs';
import { kneeOf, rise } from './knee.mjs';
import { plan } from './plan.mjs';

/** Why the cost of one rises where it does, or falls: found with V8's profiler and with `INFO commandstats`. */
const causes = {
  open:
    'What an event costs rises where one event goes to hundreds of streams in the same turn: what belongs to the writes ' +
    'lives until the end of the turn, so the collector copies it, and the sockets no longer fit into the caches. Bare ' +
    'Nest has the same knee. Nothing that the library keeps for a stream is in it: the heap for one stream is flat.',
  told:
    'The first hundreds cost most: V8 compiles the way of the end while they are ended. Behind that a stream costs the same ' +
    'however many there are, so the time to tell them all grows with their number. Each stream has its whole ' +
    '`flushTimeout` behind its farewell; where the telling takes long, the drain begins before the deadline.',
  resumable:
    'Few streams cost more for each event, because each event is a round trip of its own: a read and a write of the socket, ' +
    'and what an idle server does anyway. The events of many streams in one turn go out in one write. In a cluster the ' +
    '`PUBLISH` of each append goes to all nodes, which is most of the difference between the two lines. With thousands of ' +
    'streams the same number of events is spread over more keys, which Redis finds in its memory and probably no longer in ' +
    'the caches of the processor: with 5 000 an event cost a quarter more on one machine, and a half more on one with slower memory.',
  replicas:
    'Each replica has a connection of its own, and its events reach Redis in writes of their own, so there is nothing that ' +
    'a further replica could save or spoil.',
};

export function page(curves) {
  const memory = Math.round(totalmem() / 2 ** 30);
  return [
    '# How cost grows',
    'Written by `npm run bench:growth`. Each picture shows the cost of **one** unit (a stream, an event) by the number ' +
      'of units: a flat line is linear growth, a falling one is better than linear. A *knee* is the first number of ' +
      `units at which one costs more than ${rise} times what it cost at a smaller number. Processor time counts, not time: it ` +
      `is the same on a busy machine. This was one with ${availableParallelism()} cores and ${memory} GiB, Node ` +
      `${process.versions.node}; ${new Date().toISOString().slice(0, 10)}.`,
    ...Object.values(curves).map(curveText),
    plan(curves),
  ].join('\n\n');
}

export function curveText(curve) {
  const { name, title, text, columns, rows, charts } = curve;
  const images = pictures(curve).map(([file, { title, x }]) => `![${title}, by ${x}](${file})`);
  const knees = Object.values(charts).map(kneeText);
  return [`## ${title}`, text, ...images, ...knees, causes[name], tableOfNumbers(columns, rows)]
    .filter((part) => part !== '')
    .join('\n\n');
}

/** The files of a curve, below `docs`, and what is drawn there. */
export function pictures({ name, charts }) {
  return Object.entries(charts).map(([of, chart]) => [`images/growth-${name}-${of}.svg`, chart]);
}

function kneeText({ title, series, y }) {
  const sentences = series.map((one) => tell(one, kneeOf(one.points), y));
  return `**${title}.** ${sentences.join(' ')}`;
}

function tell({ name, points }, knee, unit) {
  const least = Math.min(...points.map(([, cost]) => cost));
  const [size, cost] = points.at(-1);
  const last = `${cost.toFixed(1)} ${unit} with ${size}, ${least.toFixed(1)} at least`;
  if (!knee) return `*${name}*: no knee (${last}).`;
  return `*${name}*: the first knee is at ${knee.size}, ${knee.times.toFixed(2)} times the least before it (${last}).`;
}
