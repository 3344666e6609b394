// The benchmarks of the library: `npm run build && node bench/main.mjs`, ten minutes, writes docs/benchmarks.md.
//   --quick        a first look in a minute; prints, and writes nothing
//   --only a,b     some of the sections below, also those that the page leaves out; writes nothing either
import { parseArgs } from 'node:util';
import { deadline } from './sections/deadline.mjs';
import { entries } from './sections/entries.mjs';
import { exit } from './sections/exit.mjs';
import { flatness } from './sections/flatness.mjs';
import { memory } from './sections/memory.mjs';
import { logging, reconnect } from './sections/reconnect.mjs';
import { resume } from './sections/resume.mjs';
import { subscriptions } from './sections/subscriptions.mjs';
import { throughput } from './sections/throughput.mjs';
import { wait } from './sections/wait.mjs';
import { exitWhenBrokenOff } from './support/broken-off.mjs';
import { pretty, writePage } from './support/markdown.mjs';
import { load, page, sectionText } from './support/report.mjs';

const benchmarks = {
  throughput,
  entries,
  memory,
  flatness,
  deadline,
  subscriptions,
  wait,
  exit,
  reconnect,
  logging,
  resume,
};

const { values } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, only: { type: 'string' } },
});
/** Minutes for one answer each: the optional entries, what of a log costs what, whether a million streams leave anything behind. */
const onDemand = ['entries', 'logging', 'flatness'];
const inPage = Object.keys(benchmarks).filter((name) => !onDemand.includes(name));
const names = values.only?.split(',') ?? (values.quick ? ['throughput'] : inPage);

exitWhenBrokenOff();
const loads = [load()];
const sections = [];
for (const name of names) {
  const begun = performance.now();
  const section = await benchmarks[name](values);
  console.log(`\n${await pretty(sectionText(section))}`);
  console.log(`${name}: ${Math.round((performance.now() - begun) / 1000)} s`);
  sections.push(section);
}
loads.push(load());

if (!values.quick && !values.only) {
  const introduction =
    'Written by one run of `npm run bench`. Parties that are compared alternate, so that a machine that slows down slows ' +
    'down all of them. What counts are the ratios within a row and the orders of magnitude; the absolute numbers are those ' +
    'of one small machine, and differ from row to row with what it did besides. What does not depend on the machine is in ' +
    '[instructions.md](instructions.md).';
  await writePage('benchmarks.md', page('Benchmarks', introduction, loads, sections));
}
