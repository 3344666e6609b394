import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { type Log } from 'sarif';
import { checkSource } from '../testing/fixtures.js';
import { rules } from '../rules/index.js';
import { version } from '../version.js';
import { renderGithub } from './github.js';
import { renderJson } from './json.js';
import { renderSarif } from './sarif.js';
import { renderText as colored } from './text.js';

const text = `apiVersion: apps/v1
kind: Deployment
metadata: { name: chat }
spec:
  replicas: 1
  strategy: { type: Recreate }
  selector: { matchLabels: { app: chat } }
  template:
    metadata: { labels: { app: chat }, annotations: { nestjs-drain/timeout: '60' } }
    spec:
      terminationGracePeriodSeconds: '30'
      containers:
        - name: chat
          image: example/chat:1
`;

/** What a terminal without colors shows; in CI there are colors. */
const renderText = (...args: Parameters<typeof colored>): string =>
  stripVTControlCharacters(colored(...args));

const report = () => checkSource({ file: 'k8s/some chart/chat.yaml', text });

describe('SARIF', () => {
  it('names its version, its schema and one run of this tool with every rule', async () => {
    const log = JSON.parse(renderSarif(await report())) as Log;
    expect(log).toMatchObject({
      version: '2.1.0',
      runs: [{ tool: { driver: { name: 'nestjs-drain', version } } }],
    });
    expect(log.$schema).toMatch(/\/sarif-schema-2\.1\.0\.json$/);
    const described = log.runs[0]?.tool.driver.rules ?? [];
    expect(described.map(({ id }) => id)).toEqual(rules.map(({ id }) => id));
    for (const each of described) {
      const { shortDescription, fullDescription, help, helpUri, defaultConfiguration } = each;
      expect(helpUri).toMatch(new RegExp(`^https://.+/docs/check-rules.md#${each.id}$`));
      expect([shortDescription?.text, fullDescription?.text, help?.text]).not.toContain(undefined);
      expect(['error', 'warning', 'note']).toContain(defaultConfiguration?.level);
    }
  });

  it('places every finding by a relative, escaped URI and a line, and points to its rule', async () => {
    const read = await report();
    const { findings } = read;
    const log = JSON.parse(renderSarif(read)) as Log;
    const results = log.runs[0]?.results ?? [];
    expect(results).toHaveLength(findings.length);
    for (const [index, { ruleId, ruleIndex, level, message, locations }] of results.entries()) {
      expect(rules[ruleIndex ?? -1]?.id).toBe(ruleId);
      expect(level).toBe(findings[index]?.severity);
      expect(message.text).toContain(findings[index]?.message);
      expect(locations).toMatchObject([
        {
          physicalLocation: {
            artifactLocation: { uri: 'k8s/some%20chart/chat.yaml', uriBaseId: 'SRCROOT' },
            region: { startLine: findings[index]?.line },
          },
        },
      ]);
    }
  });
});

describe('the other reports', () => {
  it('JSON holds every finding whole', async () => {
    const read = await report();
    const { findings } = read;
    const parsed = JSON.parse(renderJson(read)) as {
      findings: Record<string, unknown>[];
    };
    expect(parsed.findings).toHaveLength(findings.length);
    expect(parsed.findings.find(({ rule }) => rule === 'grace-too-short')).toEqual({
      rule: 'grace-too-short',
      severity: 'error',
      file: 'k8s/some chart/chat.yaml',
      line: 11,
      resource: 'Deployment/chat',
      message:
        'SIGKILL comes after 30 s, but timeout 60 + flushTimeout 2 needs more than 62 s: set at least 67.',
      why: rules.find(({ id }) => id === 'grace-too-short')?.why,
      remedy: [
        'apiVersion: apps/v1',
        'kind: Deployment',
        'metadata:',
        '  name: chat',
        'spec:',
        '  template:',
        '    spec:',
        '      terminationGracePeriodSeconds: 67',
      ].join('\n'),
      fixable: true,
    });
  });

  it('text has a line for each finding under its resource, and ends with the counts', async () => {
    const rendered = renderText(await report());
    expect(rendered).toContain('k8s/some chart/chat.yaml  Deployment/chat\n');
    expect(rendered).toMatch(/^ +6 {2}error +recreate-strategy {2}The strategy is Recreate\.$/m);
    expect(rendered).toMatch(
      /1 resource read, 1 workload judged: \d+ errors, \d+ warnings?, \d+ notes?\./,
    );
    expect(rendered).not.toContain('terminationGracePeriodSeconds: 67');
  });

  it('text marks what --fix can mend, until it has done so', async () => {
    const read = await report();
    const grace = read.findings.filter(({ rule }) => rule.id === 'grace-too-short');
    const [first] = grace;
    const marked = renderText(read);
    expect(marked).toMatch(/ grace-too-short .* \(--fix\)$/m);
    expect(marked).toMatch(/^ +6 {2}error +recreate-strategy {2}The strategy is Recreate\.$/m);
    expect(marked).toMatch(/^2 can be mended with --fix, each marked \(--fix\)\.$/m);
    const after = renderText({ ...read, mended: grace }, { fix: true });
    expect(after).toContain(
      `k8s/some chart/chat.yaml:11: mended grace-too-short  ${first?.message}\n`,
    );
    expect(after).not.toContain('(--fix)');
  });

  it('text shows reasons and remedies when asked', async () => {
    expect(renderText(await report(), { long: true })).toContain(
      'terminationGracePeriodSeconds: 67',
    );
  });

  it('text is never green when nothing was judged', async () => {
    const job = `apiVersion: batch/v1
kind: Job
metadata: { name: once }
spec: { template: { spec: { restartPolicy: Never, containers: [{ name: a, image: b }] } } }
`;
    const rendered = renderText(await checkSource({ file: 'job.yaml', text: job }));
    expect(rendered).toContain('Not judged: Job/once (a Job ends by itself).');
    expect(rendered).toContain('1 resource read, 0 workloads judged: nothing can be said.');
  });

  it('GitHub gets one escaped command for each finding', async () => {
    const read = await report();
    const lines = renderGithub(read).trimEnd().split('\n');
    expect(lines).toHaveLength(read.findings.length);
    expect(lines.find((line) => line.includes('title=recreate-strategy'))).toMatch(
      /^::error file=k8s\/some chart\/chat\.yaml,line=6,title=recreate-strategy::Deployment\/chat: The strategy is Recreate\.%0A/,
    );
  });
});
