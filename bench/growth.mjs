// How cost grows: `npm run bench:growth`. Needs redis-server. Writes docs/growth.md and its pictures.
//   --quick        fewer and smaller crowds; prints the page, and writes nothing
//   --only a,b     some of: open, told, resumable, replicas; prints, and writes nothing
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { draw } from './growth/chart.mjs';
import { open } from './growth/open.mjs';
import { curveText, page, pictures } from './growth/page.mjs';
import { replicas } from './growth/replicas.mjs';
import { resumable } from './growth/resumable.mjs';
import { told } from './growth/told.mjs';
import { exitWhenBrokenOff } from './support/broken-off.mjs';
import { pretty, writePage } from './support/markdown.mjs';

const measurements = { open, told, resumable, replicas };

const { values } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, only: { type: 'string' } },
});
const names = values.only?.split(',') ?? Object.keys(measurements);

exitWhenBrokenOff();

const curves = {};
for (const name of names) {
  curves[name] = { name, ...(await measurements[name](values)) };
  console.log(await pretty(curveText(curves[name])));
}

if (!values.only) {
  if (values.quick) console.log(await pretty(page(curves)));
  else await write(page(curves));
}

async function write(text) {
  for (const curve of Object.values(curves)) {
    for (const [file, chart] of pictures(curve)) {
      await writeFile(new URL(`../docs/${file}`, import.meta.url), draw(chart));
    }
  }
  await writePage('growth.md', text);
}
