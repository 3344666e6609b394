import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from '@jest/globals';
import { startFixture } from './support/fixture-process.js';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

interface Manifest {
  readonly dependencies?: Record<string, string>;
  readonly peerDependenciesMeta: Record<string, { optional?: boolean }>;
}

test('a plain HTTP application works without, and never asks for, what the optional entries need', async () => {
  const path = fileURLToPath(new URL('../package.json', import.meta.url));
  const manifest = JSON.parse(await readFile(path, 'utf8')) as Manifest;
  expect(manifest.dependencies).toBeUndefined();
  const optional = Object.entries(manifest.peerDependenciesMeta).filter(
    ([, meta]) => meta.optional,
  );
  const absent = optional.map(([name]) => name);
  // Its probes are made by Terminus.
  expect(absent).toContain('@nestjs/terminus');
  for (const name of ['@grpc/grpc-js', '@nestjs/microservices', 'grpc-health-check'])
    expect(absent).toContain(name);
  const fixture = await startFixture('plain', {
    HEALTH: 'off',
    ABSENT: [...absent, '@nestjs/websockets', 'ws', 'socket.io'].join(','),
  });
  cleanups.push(() => fixture.stop());
  const { code } = await fixture.exited;
  expect(fixture.output()).toMatch(/^plain$/m);
  expect(code).toBe(0);
  const asked = fixture
    .output()
    .split('\n')
    .filter((line) => line.includes(' asked for '));
  // Nest itself looks for its own packages: the observation works.
  expect(asked.some((line) => line.includes('/@nestjs/core/'))).toBe(true);
  expect(asked.filter((line) => line.includes('/nestjs-drain/dist/'))).toEqual([]);
});

test('with probes and without Terminus the start says what to install, or to leave out', async () => {
  const fixture = await startFixture('plain', { ABSENT: '@nestjs/terminus' });
  cleanups.push(() => fixture.stop());
  const { code } = await fixture.exited;
  expect(code).not.toBe(0);
  const core = createRequire(import.meta.url)('@nestjs/core/package.json') as { version: string };
  const [major] = core.version.split('.');
  expect(fixture.output()).toContain(
    `run \`npm install @nestjs/terminus@${major}\`, or set \`health: false\``,
  );
});

test.each(['import', 'require'])(
  'with the metrics (%s) and without prom-client the start says what to install, or to leave out',
  async (METRICS) => {
    const fixture = await startFixture('plain', { ABSENT: 'prom-client', HEALTH: 'off', METRICS });
    cleanups.push(() => fixture.stop());
    const { code } = await fixture.exited;
    expect(code).not.toBe(0);
    expect(fixture.output()).toMatch(
      /DrainMetricsModule cannot start:\n {2}- the metrics need prom-client: run `npm install prom-client`, or leave/,
    );
  },
);

test.each(['import', 'require'])(
  'with the metrics (%s) and prom-client it starts',
  async (METRICS) => {
    const fixture = await startFixture('plain', { HEALTH: 'off', METRICS });
    cleanups.push(() => fixture.stop());
    await fixture.printed('plain');
  },
);
