import { createRequire } from 'node:module';
import { availableParallelism, loadavg, totalmem } from 'node:os';
import { table } from './markdown.mjs';

const require = createRequire(import.meta.url);
const packages = [
  '@nestjs/core',
  '@nestjs/platform-express',
  '@nestjs/platform-fastify',
  'http-terminator',
  'nestjs-graceful-shutdown',
  'lightship',
  'nestjs-drain',
];

/** The whole page. */
export function page(title, introduction, loads, sections) {
  return [`# ${title}`, introduction, surroundings(loads), ...sections.map(sectionText)].join(
    '\n\n',
  );
}

export function sectionText({ title, text, columns, rows, output }) {
  const parts = [`## ${title}`, text];
  if (columns) parts.push(table(columns, rows));
  if (output) parts.push(`\`\`\`text\n${output.trim()}\n\`\`\``);
  return parts.join('\n\n');
}

/** The machine by its size, never by its name. */
function surroundings(loads) {
  const memory = Math.round(totalmem() / 2 ** 30);
  const versions = packages.map((name) => `${name} ${versionOf(name)}`);
  return table(
    ['', ''],
    [
      ['date', new Date().toISOString().slice(0, 10)],
      ['machine', `${availableParallelism()} cores, ${memory} GiB of memory, ${process.platform}`],
      ['load average (1 min) before and after', loads.map((load) => load.toFixed(1)).join(', ')],
      ['Node', process.versions.node],
      ['packages', versions.join(', ')],
    ],
  );
}

export const load = () => loadavg()[0];

function versionOf(name) {
  return require(`${name}/package.json`).version;
}
