// Before the tests of the Jest project `nest-11`: installs Nest 11 and the packed libraries into a
// folder of their own, outside the workspaces, where no package of Nest 12 can be found by mistake.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';

const root = fileURLToPath(new URL('../../', import.meta.url));
const folder = join(root, 'node_modules/.cache/nest-11');
const libraries = ['nestjs-drain', 'nestjs-drain-resume'];

const npm = (cwd, ...args) =>
  execFileSync('npm', args, {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: 240_000,
  }).trim();

export default function install() {
  mkdirSync(folder, { recursive: true });
  const manifest = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'));
  const packed = libraries.map((name) => [name, pack(name)]);
  const contents = packed.map(([, file]) => readFileSync(join(folder, file)));
  const wanted = [JSON.stringify(manifest), ...contents];
  const stamp = wanted
    .reduce((hash, part) => hash.update(part), createHash('sha256'))
    .digest('hex');
  if (existsSync(join(folder, stamp))) return;
  rmSync(join(folder, 'node_modules'), { recursive: true, force: true });
  rmSync(join(folder, 'package-lock.json'), { force: true });
  const tarballs = packed.map(([name, file]) => [name, `file:${file}`]);
  Object.assign(manifest.dependencies, Object.fromEntries(tarballs));
  // As every application that the CLI of Nest 11 generates.
  manifest.type = 'commonjs';
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
  npm(folder, 'install', '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error');
  writeFileSync(join(folder, stamp), '');
}

function pack(name) {
  return npm(join(root, 'libs', name), 'pack', '--silent', '--pack-destination', folder);
}
