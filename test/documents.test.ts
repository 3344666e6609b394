import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Controller, Sse, type DynamicModule } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { Registry } from 'prom-client';
import { describe, expect, test } from '@jest/globals';
import { DrainableStream, GracefulShutdownModule } from 'nestjs-drain';
import { DrainMetricsModule } from 'nestjs-drain/metrics';
import { DrainOpenTelemetryModule } from 'nestjs-drain/opentelemetry';
import { DrainResumeModule } from 'nestjs-drain/resume';
import { isSentence, normal, readTexts } from './support/messages.js';
import { root } from './support/snippets.js';

const read = (file: string): string => readFileSync(join(root, file), 'utf8');

describe('docs/troubleshooting.md', () => {
  const blocks = read('docs/troubleshooting.md').matchAll(/^```text\n([^]*?)^```$/gm);
  const quoted = [...blocks].flatMap(([, text = '']) => text.trim().split('\n')).map(normal);
  const texts = readTexts();

  test('quotes nothing that no library says', () => {
    const said = new Set(texts.map(({ text }) => text));
    expect(quoted.filter((line) => !said.has(line))).toEqual([]);
  });

  test('has every sentence of the libraries', () => {
    const missing = texts.filter(isSentence).filter(({ text }) => !quoted.includes(text));
    expect(missing).toEqual([]);
  });
});

test("README's manifest passes the check as it stands", () => {
  const [, manifest] = /^```yaml\n(apiVersion: [^]*?)^```$/m.exec(read('README.md')) ?? [];
  const command = join(root, 'libs/nestjs-drain-cli/bin/nestjs-drain.js');
  const { status, stdout, stderr } = spawnSync(process.execPath, [command, 'check', '-'], {
    input: manifest,
    encoding: 'utf8',
  });
  expect([status, stderr]).toEqual([0, '']);
  expect(stdout).toMatch(/^2 resources read, 1 workload judged: \d notes\.$/m);
  // What would not be judged could not be in order either.
  expect(stdout).not.toContain('settings-unknown');
});

test("nestjs-drain's README has each entry of the package", () => {
  const { exports } = JSON.parse(read('libs/nestjs-drain/package.json')) as { exports: object };
  const entries = Object.keys(exports).filter((path) => path !== './package.json');
  const rows = read('libs/nestjs-drain/README.md').matchAll(/^\| `(nestjs-drain[^`]*)` +\|/gm);
  const named = [...rows].map(([, name = '']) => name.replace('nestjs-drain', '.'));
  expect(named.sort()).toEqual(entries.sort());
});

describe('the options', () => {
  /** The first cells of the tables of a page that are options. */
  const rowsOf = (file: string): string[] =>
    [...read(file).matchAll(/^\| `([\w.]+)` +\|/gm)].map(([, name = '']) => name);
  /** As the message about an unknown option lists them. */
  const knownIn = (message: string): string[] =>
    /`unknown` is not an option; known are (.*)\./.exec(message)?.[1]?.split(', ') ?? [];
  const unknown = { unknown: true } as never;

  async function optionsOf(group?: 'waves' | 'health' | 'control'): Promise<string[]> {
    const options = group ? ({ [group]: unknown } as never) : unknown;
    const start = Test.createTestingModule({ imports: [GracefulShutdownModule.forRoot(options)] });
    const error = await start.compile().catch((reason: Error) => reason);
    const known = knownIn((error as Error).message.replace(`${group}.unknown`, 'unknown'));
    return known.map((name) => (group ? `${group}.${name}` : name));
  }

  test.each([undefined, 'waves', 'health', 'control'] as const)(
    "README's table has each option of the module: %s",
    async (group) => {
      const known = (await optionsOf(group)).filter((name) => name !== 'waves');
      expect(known.length).toBeGreaterThan(1);
      expect(known.filter((name) => !rowsOf('README.md').includes(name))).toEqual([]);
    },
  );

  async function startWith(stream: object, ...imports: unknown[]): Promise<string> {
    @Controller()
    class Streams {
      @Sse()
      @DrainableStream(stream)
      stream(): unknown {
        return [];
      }
    }
    const modules = [GracefulShutdownModule.forRoot(), ...(imports as DynamicModule[])];
    const start = Test.createTestingModule({ imports: modules, controllers: [Streams] });
    return ((await start.compile().catch((error: Error) => error)) as Error).message;
  }

  test("README's table has each option of @DrainableStream()", async () => {
    const known = knownIn(await startWith({ unknown: true }));
    expect(known).toContain('kind');
    expect(known.filter((name) => !rowsOf('README.md').includes(name))).toEqual([]);
  });

  test('docs/resume.md has each option of a resumable stream', async () => {
    const message = await startWith({ resumable: { unknown: true } });
    const known = knownIn(message.replace('resumable.unknown', 'unknown'));
    expect(known).toContain('grace');
    expect(known.filter((name) => !rowsOf('docs/resume.md').includes(name))).toEqual([]);
  });

  test('docs/resume.md has each option of DrainResumeModule', async () => {
    const message = await startWith({}, DrainResumeModule.forRoot(unknown));
    const known = knownIn(message);
    expect(known).toContain('store');
    expect(known.filter((name) => !rowsOf('docs/resume.md').includes(name))).toEqual([]);
  });

  test.each([
    ['DrainMetricsModule', DrainMetricsModule],
    ['DrainOpenTelemetryModule', DrainOpenTelemetryModule],
  ])('docs/observability.md has each option of %s', (_, module) => {
    let message = '';
    try {
      module.forRoot(unknown);
    } catch (error) {
      ({ message } = error as Error);
    }
    const known = knownIn(message);
    expect(known.length).toBeGreaterThan(1);
    expect(known.filter((name) => !rowsOf('docs/observability.md').includes(name))).toEqual([]);
  });
});

test('docs/observability.md has exactly the metrics that a scrape has', async () => {
  const registry = new Registry();
  const imports = [GracefulShutdownModule.forRoot(), DrainMetricsModule.forRoot({ registry })];
  const app = await Test.createTestingModule({ imports }).compile();
  const names = registry.getMetricsAsArray().map(({ name }) => name);
  await app.close();
  const rows = [...read('docs/observability.md').matchAll(/^\| `(nestjs_drain_\w+)`/gm)];
  expect(rows.map(([, name]) => name).sort()).toEqual(names.sort());
});

test('docs/README.md lists every page', () => {
  const pages = ['docs', 'docs/decisions'].flatMap((folder) =>
    readdirSync(join(root, folder)).map((name) => join(folder, name)),
  );
  const missing = pages
    .filter((file) => file.endsWith('.md') && file !== 'docs/README.md')
    .filter((file) => !read('docs/README.md').includes(`](${file.slice('docs/'.length)})`));
  expect(missing).toEqual([]);
});
