// Makes one document of the status page's files, as a module: so it is there in the ESM and the CJS
// build, in the packed library and in a bundle. With --check it only compares.
import { readFileSync, writeFileSync } from 'node:fs';

const folder = new URL('../src/control/status/', import.meta.url);
const target = new URL('page-template.ts', folder);
const read = (name) => readFileSync(new URL(`page/${name}`, folder), 'utf8').trim();

/** One script has no modules. The order of its parts is that of their imports. */
const script = ['rendering.js', 'connection.js']
  .map((name) =>
    read(name)
      .replace(/^import [^;]*;\n/gm, '')
      .replace(/^export /gm, ''),
  )
  .join('\n');

/** A function, so that `$` in a script means itself. */
const put = (html, tag, text) => {
  if (!html.includes(tag)) throw new Error(`page/index.html has no ${tag}`);
  return html.replace(tag, () => text);
};

let html = read('index.html');
html = put(
  html,
  '<link rel="stylesheet" href="style.css" />',
  `<style nonce="{nonce}">\n${read('style.css')}\n</style>`,
);
html = put(
  html,
  '<script type="module" src="connection.js"></script>',
  `<script nonce="{nonce}" type="module">\n${script}\n</script>`,
);

const source =
  '// Made by scripts/inline-status-page.mjs of the files in page/. Change those, then run `npm run page`.\n' +
  `export const pageTemplate =\n  ${JSON.stringify(`${html}\n`)};\n`;

if (!process.argv.includes('--check')) writeFileSync(target, source);
else if (readFileSync(target, 'utf8') !== source) {
  console.error('page-template.ts is not what page/ says; run `npm run page -w nestjs-drain`.');
  process.exitCode = 1;
}
