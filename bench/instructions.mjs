// What a request costs in instructions: `npm run bench:instructions`, half an hour. Needs Valgrind. Writes docs/instructions.md.
//   --quick        one process of each; without the caches; prints the page, and writes nothing
import { parseArgs } from 'node:util';
import { caches } from './sections/caches.mjs';
import { instructions } from './sections/instructions.mjs';
import { exitWhenBrokenOff } from './support/broken-off.mjs';
import { pretty, writePage } from './support/markdown.mjs';
import { load, page } from './support/report.mjs';

const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false } } });

exitWhenBrokenOff();
const loads = [load()];
const sections = [await instructions(values), ...(values.quick ? [] : [await caches()])];
loads.push(load());

const introduction =
  'Written by `npm run bench:instructions`. The same goals as in [benchmarks.md](benchmarks.md), by a yardstick that does ' +
  'not depend on what else the machine does.';
const text = page('Instructions', introduction, loads, sections);
if (values.quick) console.log(await pretty(text));
else await writePage('instructions.md', text);
