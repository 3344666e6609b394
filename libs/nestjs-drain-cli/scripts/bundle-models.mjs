// Puts the Kubernetes models that `check` uses, and what they need, into one file of the built package,
// so that an installation does not bring the models of every kind. Their licences go with them.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

const file = 'dist/check/model/kubernetes.js';
const licences = 'dist/THIRD-PARTY-LICENSES.txt';

const { metafile } = await build({
  entryPoints: [file],
  outfile: file,
  allowOverwrite: true,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  minifyWhitespace: true,
  // Node's own module of this name is deprecated and prints a warning.
  alias: { punycode: 'punycode/' },
  legalComments: 'inline',
  metafile: true,
});

const folders = new Set(Object.keys(metafile.inputs).flatMap((input) => packageOf(input) ?? []));
writeFileSync(
  licences,
  `dist/check/model/kubernetes.js holds parts of these packages.\n\n${[...folders].sort().map(licenceOf).join('\n')}`,
);

/** The folder of the package that a bundled file comes from; undefined for our own. */
function packageOf(input) {
  if (!input.includes('node_modules/')) return undefined;
  const [folder] = /^.*node_modules\/(@[^/]+\/)?[^/]+/.exec(input);
  return folder;
}

function licenceOf(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  if (!license) throw new Error(`${name} names no licence: it cannot be shipped.`);
  const text = readdirSync(folder).find((each) => /^licen[cs]e(\.\w+)?$/i.test(each));
  const whole = text
    ? readFileSync(join(folder, text), 'utf8').trim()
    : `(${license}; no text shipped)`;
  return `${'-'.repeat(72)}\n${name} ${version} (${license})\n\n${whole}\n`;
}
