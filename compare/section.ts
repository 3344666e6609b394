import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';

const file = fileURLToPath(new URL('../../docs/comparison.md', import.meta.url));

/** Replaces what docs/comparison.md has between `<!-- <name> -->` and `<!-- end of <name> -->`. */
export async function writeSection(name: string, body: string): Promise<void> {
  const text = await readFile(file, 'utf8');
  const [begin, end] = [`<!-- ${name} -->`, `<!-- end of ${name} -->`];
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from)
    throw new Error(`docs/comparison.md lacks ${begin} … ${end}; put them back`);
  const written = `${text.slice(0, from + begin.length)}\n\n${body}\n\n${text.slice(to)}`;
  await writeFile(file, await format(written, { ...(await resolveConfig(file)), filepath: file }));
  console.log(`wrote docs/comparison.md, ${name}`);
}
