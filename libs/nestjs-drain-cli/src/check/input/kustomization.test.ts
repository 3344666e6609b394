import { describe, expect, it } from '@jest/globals';
import { stringify } from 'yaml';
import { checkSource } from '../testing/fixtures.js';
import { readKustomization, reader } from './kustomization.js';

const text = (lines: object) => stringify(lines);
const kustomization = (lines: object) => ({ file: 'k8s/kustomization.yaml', text: text(lines) });
const missing = async (lines: object, ...files: string[]) => {
  const others = files.map((file) => ({ file, text: 'a: 1' }));
  const { unread } = await checkSource(kustomization(lines), ...others);
  return unread.map(({ sentence }) => sentence);
};

describe('a kustomization', () => {
  it.each([
    'https://github.com/org/repo//base?ref=v1',
    'github.com/org/repo//base',
    'github.com/org/repo?ref=v1',
    'git@github.com:org/repo.git',
    'ssh://git@host/repo',
  ])('that builds from %s was not read whole', async (path) => {
    expect(await missing({ resources: [path, 'a.yaml'] }, 'k8s/a.yaml')).toEqual([
      `k8s/kustomization.yaml: it builds from ${path}, which the input does not hold: kubectl kustomize k8s | nestjs-drain check -`,
    ]);
  });

  it.each([
    ['resources', 'gone.yaml'],
    ['bases', '../base'],
    ['components', '../components/tls'],
  ])('whose %s name %s, which was not passed, was not read whole', async (key, path) => {
    expect(await missing({ [key]: [path] }, 'k8s/a.yaml')).toHaveLength(1);
  });

  it('that renders a chart was not read whole', async () => {
    const [sentence] = await missing({ helmCharts: [{ name: 'redis' }] });
    expect(sentence).toContain('builds from chart redis');
  });

  it('is whole when every file and folder that it names was read', async () => {
    const named = ['a.yaml', '../base', '../other/'];
    const files = ['k8s/a.yaml', 'base/b.yaml', 'other/deep/c.yaml'];
    expect(await missing({ resources: named }, ...files)).toEqual([]);
  });

  it('counts the changes that stand in it, and names the files of the others', () => {
    const [read] = readKustomization(
      kustomization({
        patches: [{ path: 'p.yaml' }, { patch: '- op: remove\n  path: /spec' }],
        patchesStrategicMerge: ['merge.yaml', 'kind: Deployment\nspec: {}\n'],
        replicas: [{ name: 'chat', count: 1 }],
      }),
      reader([]),
    );
    expect(read).toMatchObject({ inline: 3, patchFiles: ['k8s/p.yaml', 'k8s/merge.yaml'] });
  });
});
