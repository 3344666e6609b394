// The benchmarks of the library: `npm run build && node bench/main.mjs`, eleven minutes, writes docs/benchmarks.md.
//   --quick        a first look in a minute; prints, and writes nothing
//   --only a,b     some of the sections below, also those that the page leaves out; writes nothing either
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { format, resolveConfig } from 'prettier';
import { deadline } from './sections/deadline.mjs';
import { entries } from './sections/entries.mjs';
import { exit } from './sections/exit.mjs';
import { flatness } from './sections/flatness.mjs';
import { instructions } from './sections/instructions.mjs';
import { memory } from './sections/memory.mjs';
import { logging, reconnect } from './sections/reconnect.mjs';
import { resume } from './sections/resume.mjs';
import { subscriptions } from './sections/subscriptions.mjs';
import { throughput } from './sections/throughput.mjs';
import { wait } from './sections/wait.mjs';
import { load, page, sectionText } from './support/report.mjs';

const target = fileURLToPath(new URL('../docs/benchmarks.md', import.meta.url));
const benchmarks = {
  throughput,
  instructions,
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
/** Minutes for one answer each: instructions, the optional entries, and whether a million streams leave anything behind. */
const onDemand = ['instructions', 'entries', 'flatness'];
const inPage = Object.keys(benchmarks).filter((name) => !onDemand.includes(name));
const names = values.only?.split(',') ?? (values.quick ? ['throughput'] : inPage);

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
  await writeFile(target, await pretty(page(sections, loads)));
  console.log(`Written: ${target}`);
}

async function pretty(markdown) {
  return format(markdown, { ...(await resolveConfig(target)), parser: 'markdown' });
}
