import { availableParallelism, totalmem } from 'node:os';
import { kneeOf } from './knee.mjs';
import { plan } from './plan.mjs';

const causes = { open: '', told: '', resumable: '', replicas: '' };

export function page(curves) {
  const memory = Math.round(totalmem() / 2 ** 30);
  return [
    '# How cost grows',
    'Written by `npm run bench:growth`. Each picture shows the cost of **one** unit (a stream, an event) by the number ' +
      'of units: a flat line is linear growth, a falling one is better than linear. Processor time counts, not time: it ' +
      `is the same on a busy machine. This was one with ${availableParallelism()} cores and ${memory} GiB, Node ` +
      `${process.versions.node}; ${new Date().toISOString().slice(0, 10)}.`,
    ...Object.values(curves).map(curveText),
    plan(curves),
  ].join('\n\n');
}

export function curveText({ name, title, text, columns, rows, chart }) {
  const picture = `![${chart.title}, by the number of ${chart.x}](images/growth-${name}.svg)`;
  return [`## ${title}`, text, picture, kneeText(name, chart), table(columns, rows)].join('\n\n');
}

function kneeText(name, { series, y }) {
  const sentences = series.map((one) => tell(one, kneeOf(one.points), y));
  return [...sentences, causes[name]].join(' ').trim();
}

function tell({ name, points }, knee, unit) {
  const least = Math.min(...points.map(([, cost]) => cost));
  const [size, cost] = points.at(-1);
  const last = `${cost.toFixed(1)} ${unit} with ${size}, ${least.toFixed(1)} at least`;
  if (!knee) return `*${name}*: no knee (${last}).`;
  return `*${name}*: the first knee is at ${knee.size}, ${knee.times.toFixed(2)} times the least before it (${last}).`;
}

function table(columns, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(columns), line(columns.map(() => '---:')), ...rows.map(line)].join('\n');
}
