import { fileURLToPath } from 'node:url';
import { Readable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { check } from './check.js';
import { readSources } from './source.js';

const folder = fileURLToPath(new URL('../../test/fixtures/check-good', import.meta.url));
const checked = async (...paths: string[]) =>
  check(
    await readSources(
      paths.map((path) => `${folder}/${path}`),
      Readable.from([]),
    ),
  );

describe('a good manifest gives no false alarm', () => {
  it('rendered by helm, beside a database, a worker, a job and a kind nobody knows', async () => {
    expect(await checked('mixed.yaml')).toMatchObject({ findings: [], resources: 10 });
  });

  it('as items of a List, with an Argo Rollout and a management port', async () => {
    expect(await checked('rollout.yaml')).toMatchObject({ findings: [], resources: 3 });
  });

  it('as a kustomize folder whose overlay only patches', async () => {
    expect(await checked('kustomize')).toMatchObject({ findings: [], resources: 2, patches: 1 });
  });
});

describe('a patch is not judged', () => {
  it.each(['kustomize/overlays', 'kustomize/overlays/demo/short.yaml'])(
    '%s alone is refused with the way to render it',
    async (path) => {
      await expect(checked(path)).rejects.toThrow(/only patches.*kubectl kustomize/);
    },
  );
});
