import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';

const docs = new URL('../../docs/', import.meta.url);

/** As Prettier would write it, which the lint asks of each page. */
export async function pretty(markdown) {
  return format(markdown, { ...(await resolveConfig(fileURLToPath(docs))), parser: 'markdown' });
}

/** @param name of the file, below `docs` */
export async function writePage(name, markdown) {
  await writeFile(new URL(name, docs), await pretty(markdown));
  console.log(`Written: docs/${name}`);
}

export const table = (columns, rows) => lines(columns, '---', rows);

/** A table whose columns stand on the right. */
export const tableOfNumbers = (columns, rows) => lines(columns, '---:', rows);

function lines(columns, rule, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(columns), line(columns.map(() => rule)), ...rows.map(line)].join('\n');
}
