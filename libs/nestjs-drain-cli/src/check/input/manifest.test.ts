import { describe, expect, it } from '@jest/globals';
import { checkText } from '../testing/fixtures.js';
import { parseResources } from './manifest.js';

const source = (text: string) => ({ file: 'some.yaml', text });

describe('what cannot be understood is listed with its place and the remedy', () => {
  it.each([
    ['broken YAML', 'kind: A\napiVersion: v1\n  name: x\n', /^some\.yaml:2:\d+: broken YAML: /],
    ['broken YAML in a later document', 'a: 1\n---\nb: [\n', /^some\.yaml:\d+:\d+: broken YAML: /],
    ['an unknown alias', 'kind: A\napiVersion: v1\nspec: *nowhere\n', /^some\.yaml:3:7: broken/],
    ['a template', 'kind: {{ .Values.kind }}\n  x: y\n', /unrendered template.*helm template …/],
    [
      'a template that is valid YAML by accident',
      'apiVersion: v1\nkind: Pod\nspec: { x: {{ .Values.n }} }\n',
      /unrendered template/,
    ],
    [
      'a template in quotes',
      'apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: "{{ .Release.Name }}" }\n',
      /unrendered template/,
    ],
    [
      'a template of envsubst, by a number',
      'apiVersion: apps/v1\nkind: Deployment\nspec: { replicas: "${N:-2}" }\n',
      /unrendered template.*envsubst/,
    ],
    [
      'a template of envsubst, by a name',
      'apiVersion: v1\nkind: Service\nmetadata: { name: "${APP}-api" }\n',
      /unrendered template/,
    ],
  ])('%s', async (_, text, message) => {
    const { unread, findings } = await checkText(text);
    expect(findings).toEqual([]);
    expect(unread.map(({ sentence }) => sentence)).toEqual([expect.stringMatching(message)]);
  });

  it.each([
    ['a comment', '# {{ .Values.x }}\napiVersion: v1\nkind: Pod\n'],
    [
      'a ConfigMap with a template',
      'apiVersion: v1\nkind: ConfigMap\ndata: { x: "{{ if .a }}" }\n',
    ],
    ['an image of envsubst', 'apiVersion: v1\nkind: Pod\nx: { image: "gcr.io/${P}/a" }\n'],
    ['a variable of a shell', 'apiVersion: v1\nkind: Pod\nargs: ["${PORT}"]\n'],
    ['a text block', 'apiVersion: v1\nkind: Pod\nx: |\n  {{ .Values.y }}\n'],
    ['rules of Prometheus', 'groups:\n  - summary: "{{ $value }}"\n'],
  ])('%s is no template', async (_, text) => {
    expect((await checkText(text)).unread).toEqual([]);
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
