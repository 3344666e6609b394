import { fileURLToPath } from 'node:url';
import { Readable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { check } from './check.js';
import { readInput } from './input/source.js';

const folder = fileURLToPath(new URL('../../test/fixtures/check-good', import.meta.url));
const checked = async (...paths: string[]) =>
  check(
    await readInput(
      paths.map((path) => `${folder}/${path}`),
      Readable.from([]),
    ),
  );

describe('a good manifest gives no false alarm', () => {
  it('rendered by helm, beside a database, a worker, a job and a kind that check does not know', async () => {
    expect(await checked('mixed.yaml')).toMatchObject({ findings: [], resources: 10, judged: 1 });
  });

  it('as items of a List, with an Argo Rollout and a management port', async () => {
    expect(await checked('rollout.yaml')).toMatchObject({ findings: [], resources: 3, judged: 1 });
  });

  it('as a kustomize folder whose overlay only patches', async () => {
    expect(await checked('kustomize')).toMatchObject({
      findings: [],
      resources: 2,
      judged: 1,
      patches: 1,
    });
  });
});

describe('a patch is not judged', () => {
  it.each(['kustomize/overlays', 'kustomize/overlays/demo/short.yaml'])(
    '%s alone is counted as such, and nothing is judged',
    async (path) => {
      const report = await checked(path);
      expect(report).toMatchObject({ findings: [], resources: 0, judged: 0, patches: 1 });
    },
  );

  it('of a base that the input does not hold makes the check incomplete', async () => {
    const { unread } = await checked('kustomize/overlays');
    expect(unread).toMatchObject([{ sentence: expect.stringContaining('builds from ../../base') }]);
    expect((await checked('kustomize')).unread).toEqual([]);
  });
});
