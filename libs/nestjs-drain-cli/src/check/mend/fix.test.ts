import { describe, expect, it } from '@jest/globals';
import { type Finding } from '../finding.js';
import { checkSource } from '../testing/fixtures.js';
import { fix } from './fix.js';
import { givenOf } from './given.js';

/** A Deployment of a single container, given as lines below the container's name. */
const deployment = (container: string, spec = '') => `# ours
apiVersion: apps/v1
kind: Deployment
metadata: { name: chat }

spec:
  selector: {matchLabels: {app: chat}}   # odd spacing stays
${spec}  template:
    metadata: { labels: { app: chat } }
    spec:
      containers:
      - name: chat
        image:   example/chat-shell:1
${container}`;

async function fixed(text: string, rule: string): Promise<string> {
  const source = { file: 'some.yaml', text };
  const { findings } = await checkSource(source);
  const of = findings.filter((finding) => finding.rule.id === rule);
  expect(of).toHaveLength(1);
  const mended = fix(source, of);
  const after = await checkSource(mended);
  expect(after.findings.map((finding) => finding.rule.id)).not.toContain(rule);
  return mended.text;
}

const timeout =
  "        env:\n        - {name: GRACEFUL_SHUTDOWN_TIMEOUT, value: '60'} # a minute\n";

describe('a fix changes its place and no other byte', () => {
  it('adds a missing field at the end of its map', async () => {
    const text = deployment(timeout);
    const end = '      terminationGracePeriodSeconds: 67\n';
    expect(await fixed(text, 'grace-too-short')).toBe(text + end);
  });

  it('adds an item to a list, in the style of the list around it', async () => {
    const text = deployment(timeout);
    const item = "        - name: GRACEFUL_SHUTDOWN_PROPAGATION_DELAY\n          value: '5'\n";
    expect(await fixed(text, 'propagation-delay-zero')).toBe(text + item);
  });

  it('replaces a value and keeps quotes and comment', async () => {
    const text = deployment(
      timeout + '        - name: TERMINATION_GRACE_PERIOD_SECONDS\n          value: "60" # told\n',
    );
    expect(await fixed(text, 'grace-declared-wrong')).toBe(text.replace('"60"', '"30"'));
  });

  it('puts exec before the last command of a shell line', async () => {
    const text = deployment(timeout + "        command: [sh, -c, 'date && node dist/main.js']\n");
    expect(await fixed(text, 'wrapper-as-first-process')).toBe(
      text.replace('&& node', '&& exec node'),
    );
  });

  it('adds a pair to a flow map', async () => {
    const text = deployment(
      timeout,
      '  replicas: 8\n  strategy: { rollingUpdate: { maxSurge: 1 } }\n',
    );
    expect(await fixed(text, 'max-unavailable')).toBe(
      text.replace('maxSurge: 1', 'maxSurge: 1, maxUnavailable: 0'),
    );
  });

  it('makes the maps in between', async () => {
    const text = deployment(timeout, '  replicas: 8\n');
    const made = '  strategy:\n    rollingUpdate:\n      maxUnavailable: 0\n';
    expect(await fixed(text, 'max-unavailable')).toBe(text + made);
  });

  it('removes a field with its line', async () => {
    const probe = '        readinessProbe:\n          httpGet:\n            host: 127.0.0.1\n';
    const rest = '            path: /ready\n            port: 80\n';
    expect(await fixed(deployment(probe + rest), 'http-get-host')).toBe(
      deployment(probe.replace('            host: 127.0.0.1\n', '') + rest),
    );
  });

  it('leaves the other documents of the file alone', async () => {
    const before = 'apiVersion: v1\nkind:   ConfigMap\ndata: {a:   b}\n--- # next\n';
    const after = '---\n# last\nkind: Other\napiVersion:  example.com/v1\n';
    const text = before + deployment(timeout) + after;
    const end = '      terminationGracePeriodSeconds: 67\n';
    expect(await fixed(text, 'grace-too-short')).toBe(before + deployment(timeout) + end + after);
  });
});

/** A manifest with a grace that is too short, and one as it must be, written in any style. */
const graceful = (write: (grace: string) => string) => [write('60'), write('307')] as const;

const json = (grace: string, indent?: string | number) =>
  JSON.stringify(
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'chat' },
      spec: {
        selector: { matchLabels: { app: 'chat' } },
        template: {
          metadata: {
            labels: { app: 'chat' },
            annotations: { 'nestjs-drain/timeout': '300', 'nestjs-drain/propagation-delay': '5' },
          },
          spec: {
            containers: [{ name: 'chat', image: 'example/chat:1' }],
            ...(grace && { terminationGracePeriodSeconds: Number(grace) }),
          },
        },
      },
    },
    null,
    indent,
  );

const licence = '# Copyright\n# Licence\n\n---\n# Ours\n';
const block = (grace: string) => `apiVersion: apps/v1
kind: Deployment
metadata:
    name: chat   # deep
spec:
    selector: {matchLabels: {app: chat}}
    template:
        metadata: {labels: {app: chat}, annotations: {nestjs-drain/timeout: 5m}}
        spec:
            containers:
            -   name: chat
                image: example/chat:1
            terminationGracePeriodSeconds: ${grace}
`;

describe('every other byte stays', () => {
  it.each([
    ['JSON on one line', ...graceful((grace) => json(grace))],
    ['JSON with indentation', ...graceful((grace) => json(grace, 2))],
    ['JSON with tabs', ...graceful((grace) => json(grace, '\t'))],
    ['a licence before the first document', ...graceful((grace) => licence + block(grace))],
    ['CRLF', ...graceful((grace) => block(grace).replaceAll('\n', '\r\n'))],
    ['no newline at the end', ...graceful((grace) => block(grace).trimEnd())],
    [
      'other documents around',
      ...graceful((grace) => `a: {b:   c}\n---\n${block(grace)}---\n d: 1\n`),
    ],
    ['a field that is added to JSON', json('', 2), json('307', 2)],
    ['a field that is added to JSON on one line', json(''), json('307')],
    [
      'a field that is added with CRLF and deep indentation',
      block('')
        .replace(/ +termination.*\n/, '')
        .replaceAll('\n', '\r\n'),
      block('307').replaceAll('\n', '\r\n'),
    ],
  ])('%s', async (_, before, after) => {
    expect(await fixed(before, 'grace-too-short')).toBe(after);
  });

  it.each([
    [
      'the last pair of a flow map',
      '{ path: /ready, port: 80, host: localhost }',
      '{ path: /ready, port: 80 }',
    ],
    [
      'the first pair of a flow map',
      '{ host: localhost, path: /ready, port: 80 }',
      '{ path: /ready, port: 80 }',
    ],
    ['the only pair but one', '{host: localhost, port: 80}', '{port: 80}'],
  ])('%s is removed with its comma', async (_, before, after) => {
    const probe = (http: string) => `        readinessProbe: { httpGet: ${http} } # ask\n`;
    expect(await fixed(deployment(probe(before)), 'http-get-host')).toBe(deployment(probe(after)));
  });

  it('an empty flow map is filled', async () => {
    const text = deployment(timeout, '  replicas: 8\n  strategy: {}\n');
    expect(await fixed(text, 'max-unavailable')).toBe(
      text.replace('strategy: {}', 'strategy: { rollingUpdate: { maxUnavailable: 0 } }'),
    );
  });
});

describe('what is said to be mended', () => {
  const declared = `${timeout}        - {name: TERMINATION_GRACE_PERIOD_SECONDS, value: '60'}\n`;
  const ids = (findings: readonly Finding[]) => findings.map(({ rule }) => rule.id);

  it('leaves out what an earlier round of mending wrote itself', async () => {
    const source = { file: 'some.yaml', text: deployment(declared) };
    const { findings } = await checkSource(source);
    const first = fix(source, findings);
    const second = fix(first, (await checkSource(first)).findings);
    expect(ids(second.mended)).toContain('grace-declared-wrong');
    const said = givenOf(findings, [...first.mended, ...second.mended]);
    expect(said).toEqual(first.mended);
  });

  it('holds what was found at first and mended in a later round', async () => {
    const source = { file: 'some.yaml', text: deployment(declared) };
    const { findings } = await checkSource(source);
    const [one] = findings.filter(({ rule }) => rule.id === 'grace-declared-wrong');
    const { findings: later } = await checkSource({ ...source, text: `# moved\n${source.text}` });
    const mended = later.filter(({ rule }) => rule.id === 'grace-declared-wrong');
    expect(givenOf(findings, mended)).toEqual([one]);
  });
});

describe('where the place is not simple', () => {
  it('a text that does not hold all bytes of its file is left alone', async () => {
    const source = { file: 'some.yaml', text: deployment(timeout), isLossy: true };
    const { findings } = await checkSource(source);
    expect(fix({ ...source, isLossy: false }, findings).mended).not.toEqual([]);
    expect(fix(source, findings)).toEqual({ ...source, mended: [] });
  });

  it('a text block is left to its owner', async () => {
    const text = deployment(timeout).replace(
      "value: '60'}",
      "value: '60'}\n        - name: TERMINATION_GRACE_PERIOD_SECONDS\n          value: >-\n            60\n       ",
    );
    const source = { file: 'some.yaml', text };
    const { findings } = await checkSource(source);
    expect(findings.map(({ rule }) => rule.id)).toContain('grace-declared-wrong');
    const wrong = findings.filter(({ rule }) => rule.id === 'grace-declared-wrong');
    expect(fix(source, wrong).text).toBe(text);
  });

  it('a finding of two edits is mended whole or not at all', async () => {
    const strategy = '  strategy: { rollingUpdate: { maxUnavailable: 100%, maxSurge: &none 0 } }\n';
    const text = deployment(timeout, `  replicas: 8\n${strategy}`);
    const source = { file: 'some.yaml', text };
    const { findings } = await checkSource(source);
    const found = findings.filter(({ rule }) => rule.id === 'max-unavailable');
    expect(found.map(({ edits }) => edits.length)).toEqual([2]);
    expect(fix(source, found).text).toBe(text);
  });

  it('a shell line with quotes or pipes is left to its owner', async () => {
    const command = `        command: [sh, -c, 'node dist/main.js | tee "/log"']\n`;
    const source = { file: 'some.yaml', text: deployment(timeout + command) };
    const { findings } = await checkSource(source);
    const shell = findings.filter(({ rule }) => rule.id === 'wrapper-as-first-process');
    expect(shell.map(({ edits }) => edits)).toEqual([[]]);
  });

  it('what stands behind an alias is left to its owner', async () => {
    const text = deployment(timeout)
      .replace(
        'metadata: { name: chat }',
        'x: &pod\n  containers: [{ name: chat, image: a/chat-shell, env: [{ name: GRACEFUL_SHUTDOWN_TIMEOUT, value: "60" }] }]',
      )
      .replace(/ {4}spec:\n[\s\S]*/, '    spec: *pod\n');
    const source = { file: 'some.yaml', text };
    const { findings } = await checkSource(source);
    expect(findings.map(({ rule }) => rule.id)).toContain('grace-too-short');
    expect(fix(source, findings).text).toBe(text);
  });
});
