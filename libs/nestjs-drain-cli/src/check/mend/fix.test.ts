import { describe, expect, it } from 'vitest';
import { checkSource } from '../testing/fixtures.js';
import { fix } from './fix.js';

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
    const end = '      terminationGracePeriodSeconds: 72\n';
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
    const end = '      terminationGracePeriodSeconds: 72\n';
    expect(await fixed(text, 'grace-too-short')).toBe(before + deployment(timeout) + end + after);
  });
});

describe('where the place is not simple', () => {
  it('the document is written anew, its comments kept', async () => {
    const probe = '        readinessProbe: {httpGet: {host: localhost, port: 80}} # ask\n';
    const text = await fixed(deployment(probe), 'http-get-host');
    expect(text).toContain('# ours');
    expect(text).toContain('# ask');
    expect(text).not.toContain('localhost');
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
