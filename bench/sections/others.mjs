import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { promisify } from 'node:util';

const folder = new URL('../', import.meta.url);

/** The benchmarks that stand on their own in `bench/`: each is run, and what it prints is shown. */
export async function others() {
  const files = (await readdir(folder)).filter(
    (name) => name.endsWith('.mjs') && name !== 'main.mjs',
  );
  const sections = [];
  for (const name of files.sort()) sections.push(await run(name));
  return sections;
}

async function run(name) {
  const { stdout } = await promisify(execFile)(process.execPath, [new URL(name, folder).pathname]);
  const words = name.replace('.mjs', '').replaceAll('-', ' ');
  return {
    title: words[0].toUpperCase() + words.slice(1),
    text: `What \`node bench/${name}\` printed.`,
    output: stdout,
  };
}
