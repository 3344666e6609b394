import { cp, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { startFixture, type FixtureProcess } from './support/fixture-process.js';

const library = fileURLToPath(new URL('../', import.meta.url));
/** Where the packages of Nest are found. */
const cache = fileURLToPath(new URL('../../../node_modules/.cache/', import.meta.url));

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(cache, 'second-copy-'));
  await cp(join(library, 'dist'), join(folder, 'dist'), { recursive: true });
  await cp(join(library, 'package.json'), join(folder, 'package.json'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

let fixture: FixtureProcess;
afterEach(() => fixture.stop());

async function refusal(env: Record<string, string>): Promise<string> {
  fixture = await startFixture('two-copies', env);
  expect((await fixture.exited).code).not.toBe(0);
  return fixture.output();
}

describe('GracefulShutdownModule.forRoot() from two copies of the library is refused at start', () => {
  test('by import and by require, with both importers and this cause', async () => {
    expect(await refusal({ BY: 'require' })).toMatch(
      /imported twice, by AppModule and FeatureModule, from two copies of nestjs-drain, .* Import it once, in the root module\..* One is loaded by `import` and one by `require`/,
    );
  });

  test('from two folders, with npm as the remedy', async () => {
    expect(await refusal({ BY: 'import', OTHER: join(folder, 'dist/esm/index.js') })).toMatch(
      /imported twice, by AppModule and FeatureModule, from two copies of nestjs-drain, .* `npm ls nestjs-drain` shows them/,
    );
  });
});

test('with one forRoot() the drain waits for the streams of both copies', async () => {
  fixture = await startFixture('two-copies', { BY: 'require', FEATURE: 'none' });
  await fixture.printed('listening at ');
  const [, url] = /listening at (\S+)\//.exec(fixture.output()) ?? [];
  const answer = await fetch(`${url}/feature`);
  fixture.process.kill('SIGTERM');
  expect(await answer.text()).toBe('first,last');
  expect((await fixture.exited).code).toBe(0);
  expect(fixture.output()).toContain('1 completed');
});
