import { describe, expect, it } from '@jest/globals';
import { check } from './check.js';
import { parseResources } from './manifest.js';
import { UnusableInputError } from './unusable-input.js';

const source = (text: string) => ({ file: 'some.yaml', text });

describe('unusable input is refused with its place and the remedy', () => {
  it.each([
    ['broken YAML', 'kind: A\napiVersion: v1\n  name: x\n', /^some\.yaml:2:\d+: broken YAML: /],
    ['broken YAML in a later document', 'a: 1\n---\nb: [\n', /^some\.yaml:\d+:\d+: broken YAML: /],
    [
      'an unknown alias',
      'kind: A\napiVersion: v1\nspec: *nowhere\n',
      /^some\.yaml:3:7: broken YAML/,
    ],
    [
      'a helm template',
      'kind: {{ .Values.kind }}\n  x: y\n',
      /helm template … \| nestjs-drain check -/,
    ],
    ['nothing', '', /^some\.yaml: no Kubernetes resource/],
    ['only comments', '# nothing\n---\n', /no Kubernetes resource/],
    ['other YAML', 'services:\n  app: {}\n', /no Kubernetes resource/],
  ])('%s', async (_, text, message) => {
    const refusal = check([source(text)]);
    await expect(refusal).rejects.toThrow(UnusableInputError);
    await expect(refusal).rejects.toThrow(message);
  });
});

describe('resources are read wherever they stand', () => {
  it('in several documents, in Lists, in Lists of Lists, as JSON', () => {
    const pod = (name: string) => `{"apiVersion":"v1","kind":"Pod","metadata":{"name":"${name}"}}`;
    const inner = `{"apiVersion":"v1","kind":"List","items":[${pod('b')}]}`;
    const list = `{"apiVersion":"v1","kind":"PodList","items":[${pod('a')},${inner}]}`;
    const names = parseResources(source(`${list}\n---\n---\n${pod('c')}\n`)).map(
      ({ name }) => name,
    );
    expect(names).toEqual(['a', 'b', 'c']);
  });

  it('with the line of each field, through anchors and merges, and of the nearest when it is absent', () => {
    const text = [
      'shared: &shared',
      '  periodSeconds: 5',
      '---',
      'apiVersion: v1',
      'kind: Pod',
      'common: &common',
      '  path: /ready',
      'spec:',
      '  probe:',
      '    <<: *common',
      '    port: 1',
      '  other: *common',
    ].join('\n');
    const [pod] = parseResources(source(text));
    expect(pod?.spec.at('probe', 'port').line).toBe(11);
    expect(pod?.spec.at('probe', 'path').text).toBe('/ready');
    expect(pod?.spec.at('other', 'path').line).toBe(7);
    expect(pod?.spec.at('absent', 'deeper').line).toBe(8);
  });
});
