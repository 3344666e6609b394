import { availableParallelism, totalmem } from 'node:os';
import { tableOfNumbers } from '../support/markdown.mjs';
import { causes } from './causes.mjs';
import { kneeOf, rise } from './knee.mjs';
import { plan } from './plan.mjs';

export function page(curves) {
  const memory = Math.round(totalmem() / 2 ** 30);
  return [
    '# How cost grows',
    'Written by `npm run bench:growth`. Each picture shows the cost of **one** unit (a stream, an event) by the number ' +
      'of units: a flat line is linear growth, a falling one is better than linear. A *knee* is the first number of ' +
      `units at which one costs more than ${rise} times what it cost at a smaller number. Each size is measured once: a ` +
      'knee that is above this by a few hundredths is within what one run differs from the next. Processor time counts, ' +
      'not time: the waiting on a busy machine is not in it, but what its neighbours do to the caches is. This was one ' +
      `with ${availableParallelism()} cores and ${memory} GiB, Node ${process.versions.node}; ` +
      `${new Date().toISOString().slice(0, 10)}.`,
    ...Object.values(curves).map(curveText),
    plan(curves),
  ].join('\n\n');
}

export function curveText(curve) {
  const { name, title, text, columns, rows, charts } = curve;
  const images = pictures(curve).map(([file, { title, x }]) => `![${title}, by ${x}](${file})`);
  const knees = Object.values(charts).map(kneeText);
  return [
    `## ${title}`,
    text,
    ...images,
    ...knees,
    causes[name](curve),
    tableOfNumbers(columns, rows),
  ]
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
