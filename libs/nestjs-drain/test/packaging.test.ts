import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { GeneratedApplication } from './support/generated-application.js';
import { WatchedApplication } from './support/watched-application.js';
import {
  entriesOf,
  install,
  pack,
  packages,
  published,
  run,
  type PackageName,
  type Tarballs,
} from './support/packed.js';

let workspace: string;
let tarballs: Tarballs;

beforeAll(async () => {
  workspace = await mkdtemp(join(tmpdir(), 'nestjs-drain-packages-'));
  tarballs = await pack(workspace);
});
afterAll(() => rm(workspace, { recursive: true, force: true }));

/** Installing a generated application's own dependencies takes the longest. Milliseconds. */
const installation = 400_000;

async function streamThroughSigterm(
  application: GeneratedApplication,
  path = 'answer',
): Promise<string> {
  const started = await application.start();
  try {
    const probes = ['health', 'ready', 'startup', 'shutdown'];
    const answers = await Promise.all(probes.map((path) => fetch(`${started.url}/${path}`)));
    expect(answers.map(({ status }) => status)).toEqual(probes.map(() => 200));
    const response = await fetch(`${started.url}/${path}`);
    started.process.kill('SIGTERM');
    const body = await response.text();
    expect(await started.exited).toBe(0);
    return body;
  } finally {
    started.process.kill('SIGKILL');
  }
}

/** Three saves, each with a stream that is open. The options are those of the README, for production. */
async function developThroughThreeSaves(application: GeneratedApplication): Promise<void> {
  const watched = await WatchedApplication.start(application);
  try {
    await watched.answers('Hello World!');
    for (const greeting of ['Hello 1', 'Hello 2', 'Hello 3']) {
      const stream = await watched.openStream();
      await watched.save(greeting);
      expect(await stream.ended()).toMatch(/event: shutdown\n/);
      await watched.answers(greeting);
    }
    await watched.interrupt();
    expect(watched.output).toContain('Development mode (nest start --watch)');
    expect(watched.output).not.toContain('EADDRINUSE');
  } finally {
    watched.kill();
    await application.greet('Hello World!');
  }
}

/** Imports every entry of every package, under one way to find modules. */
async function compileEntries(application: GeneratedApplication, ...flags: string[]) {
  const imports = (await entriesOf(...packages)).map(
    (name, index) => `import * as entry${index} from '${name}';\nexport { entry${index} };\n`,
  );
  await writeFile(join(application.directory, 'entries.ts'), imports.join(''));
  const decorators = ['--experimentalDecorators', '--emitDecoratorMetadata'];
  const compile = ['tsc', 'entries.ts', '--noEmit', '--strict', '--skipLibCheck', ...decorators];
  return application.npx(...compile, '--target', 'es2022', '--types', 'node', ...flags);
}

describe('an application that the CLI of Nest 11 generated: CommonJS, Jest', () => {
  let application: GeneratedApplication;
  beforeAll(async () => {
    application = await GeneratedApplication.create(workspace, 11);
    await application.installByReadme(tarballs);
    await application.addDrain();
  }, installation);

  // In this order: the second template is the first with other settings.
  describe.each(['nodenext', 'commonjs'])('"module": "%s"', (module) => {
    beforeAll(async () => {
      if (module === 'commonjs') await application.useCommonJs();
    });

    test('its own specs pass unchanged', async () => {
      await application.npx('jest');
      await application.npx('jest', '--config', 'test/jest-e2e.json');
    });

    test('it builds, and a stream that is open at SIGTERM ends whole', async () => {
      await application.npx('nest', 'build');
      expect(await streamThroughSigterm(application)).toContain('data: word19\n');
    });
  });

  test('`nest start --watch` has a server after each of three saves, and each stream its farewell', () =>
    developThroughThreeSaves(application));

  test('the specs of docs/testing.md pass', async () => {
    await application.addSpecsOfTestingPage();
    await application.npx('jest', 'src/testing.spec.ts');
  });

  test("the README's main.ts works unchanged, to its last word after SIGTERM", async () => {
    await application.useMainOfReadme();
    await application.npx('nest', 'build');
    expect(await streamThroughSigterm(application, 'words')).toContain('data: the last word\n');
  });

  test('terminus is the one that CommonJS can load', async () => {
    const path = join(application.directory, 'node_modules/@nestjs/terminus/package.json');
    const { version } = JSON.parse(await readFile(path, 'utf8')) as { version: string };
    expect(version).toMatch(/^11\./);
  });

  describe('every entry type-checks', () => {
    beforeAll(() => installOthers(application), installation);

    test.each([
      ['module commonjs, no moduleResolution', ['--module', 'commonjs']],
      ['node16', ['--module', 'node16']],
      ['nodenext', ['--module', 'nodenext']],
      ['bundler', ['--module', 'esnext', '--moduleResolution', 'bundler']],
    ])('%s', (_, flags) => compileEntries(application, ...flags));
  });
});

describe('an application that the CLI of Nest 12 generated: ESM, Vitest', () => {
  let application: GeneratedApplication;
  beforeAll(async () => {
    application = await GeneratedApplication.create(workspace, 12);
    await application.installByReadme(tarballs);
    await application.addDrain();
  }, installation);

  test('its own specs pass unchanged', async () => {
    await application.npx('vitest', 'run');
    await application.npx('vitest', 'run', '--config', 'vitest.config.e2e.ts');
  });

  test('it builds, and a stream that is open at SIGTERM ends whole', async () => {
    await application.npx('nest', 'build');
    expect(await streamThroughSigterm(application)).toContain('data: word19\n');
  });

  test('`nest start --watch` on Fastify has a server after each of three saves, and each stream its farewell', async () => {
    await application.useFastify();
    await developThroughThreeSaves(application);
  });

  test('the specs of docs/testing.md pass', async () => {
    await application.addSpecsOfTestingPage();
    await application.npx('vitest', 'run', 'src/testing.spec.ts');
  });

  test("the README's main.ts works unchanged, to its last word after SIGTERM", async () => {
    await application.useMainOfReadme();
    await application.npx('nest', 'build');
    expect(await streamThroughSigterm(application, 'words')).toContain('data: the last word\n');
  });

  describe('every entry type-checks', () => {
    beforeAll(() => installOthers(application), installation);

    test.each([
      ['node16', ['--module', 'node16']],
      ['nodenext', ['--module', 'nodenext']],
      ['bundler', ['--module', 'esnext', '--moduleResolution', 'bundler']],
    ])('%s', (_, flags) => compileEntries(application, '--ignoreConfig', ...flags));
  });
});

/** Packages that the README's line does not bring. */
const installOthers = (application: GeneratedApplication): Promise<string> =>
  install(application.directory, tarballs['nestjs-drain-resume'], tarballs['nestjs-drain-client']);

describe.each(['nestjs-drain-client', 'nestjs-drain-resume'] as const)('%s alone', (name) => {
  test('brings no Nest, and at most one package of its own', async () => {
    const directory = join(workspace, `only-${name}`);
    await mkdir(directory);
    await writeFile(join(directory, 'package.json'), '{ "private": true, "type": "module" }');
    await install(directory, tarballs[name]);
    const installed = (await readdir(join(directory, 'node_modules'))).filter(
      (entry) => !entry.startsWith('.'),
    );
    console.log(`npm install ${name}: ${installed.length} package(s): ${installed.join(', ')}`);
    expect(installed).toContain(name);
    expect(installed.length).toBeLessThanOrEqual(2);
    expect(installed).not.toContain('@nestjs');
    await run(directory, process.execPath, '-e', `await import('${name}')`);
    await run(directory, process.execPath, '-e', `require('${name}')`);
  });
});

/** Beside `dist` and the documents of every package. */
const ownFiles: Readonly<Record<PackageName, readonly string[]>> = {
  'nestjs-drain': ['PROTOCOL.md', 'pre-stop.js'],
  'nestjs-drain-resume': [],
  'nestjs-drain-client': [],
  'nestjs-drain-cli': ['bin/nestjs-drain.js'],
};

describe.each(published)('the tarball of %s', (name) => {
  test('holds what a reader needs, and nothing foreign', async () => {
    const listing = (await run(workspace, 'tar', '-tzf', tarballs[name]))
      .trim()
      .split('\n')
      .map((file) => file.replace(/^package\//, ''));
    const documents = ['LICENSE', 'README.md', 'CHANGELOG.md', 'package.json', ...ownFiles[name]];
    expect(listing.filter((file) => !file.startsWith('dist/')).sort()).toEqual(documents.sort());
    expect(listing.filter((file) => /\.test\.|\.tsbuildinfo$/.test(file))).toEqual([]);
  });

  test('every source map carries its sources', async () => {
    const directory = await unpack(name);
    const files = await readdir(directory, { recursive: true });
    const maps = files.filter((file) => file.endsWith('.js.map'));
    expect(maps.length).toBeGreaterThan(0);
    for (const file of maps) {
      const text = await readFile(join(directory, file), 'utf8');
      const { sources, sourcesContent } = JSON.parse(text) as Record<string, string[] | undefined>;
      expect([file, sourcesContent?.length]).toEqual([file, sources?.length]);
    }
  });

  test('npm shows where its source, its pages and its issues are', async () => {
    const directory = await unpack(name);
    const text = await readFile(join(directory, 'package.json'), 'utf8');
    const { repository, homepage, bugs } = JSON.parse(text) as Manifest;
    const address = /^git\+(https:\/\/.+)\.git$/.exec(repository.url)?.[1];
    expect(repository.directory).toBe(`libs/${name}`);
    expect(homepage).toBe(`${address}#readme`);
    expect(bugs.url).toBe(`${address}/issues`);
  });

  test('its documents link to nothing that npm does not show', async () => {
    const directory = await unpack(name);
    const relative = /\]\((?!https?:|#|mailto:)([^)\s]+)\)/g;
    for (const file of ['README.md', 'CHANGELOG.md']) {
      const links = [...(await readFile(join(directory, file), 'utf8')).matchAll(relative)];
      expect([file, ...links.map(([, target]) => target)]).toEqual([file]);
    }
  });
});

interface Manifest {
  readonly repository: { readonly url: string; readonly directory: string };
  readonly homepage: string;
  readonly bugs: { readonly url: string };
}

async function unpack(name: PackageName): Promise<string> {
  const directory = join(workspace, `unpacked-${name}`);
  await mkdir(directory, { recursive: true });
  await run(directory, 'tar', '-xzf', tarballs[name], '--strip-components', '1');
  return directory;
}
