import { describe, expect, it } from '@jest/globals';
import { type Log } from 'sarif';
import { check } from '../check.js';
import { rules } from '../rules/index.js';
import { renderJson } from './json.js';
import { renderSarif } from './sarif.js';
import { renderText } from './text.js';

const text = `apiVersion: apps/v1
kind: Deployment
metadata: { name: chat }
spec:
  replicas: 1
  strategy: { type: Recreate }
  selector: { matchLabels: { app: chat } }
  template:
    metadata: { labels: { app: chat } }
    spec:
      terminationGracePeriodSeconds: '30'
      containers:
        - name: chat
          image: example/chat:1
          env: [{ name: GRACEFUL_SHUTDOWN_TIMEOUT, value: '60' }]
`;

const report = () => check([{ file: 'k8s/some chart/chat.yaml', text }]);

describe('SARIF', () => {
  it('names its version, its schema and one run of this tool with every rule', async () => {
    const log = JSON.parse(renderSarif(await report())) as Log;
    expect(log).toMatchObject({
      version: '2.1.0',
      runs: [{ tool: { driver: { name: 'nestjs-drain' } } }],
    });
    expect(log.$schema).toMatch(/\/sarif-schema-2\.1\.0\.json$/);
    const described = log.runs[0]?.tool.driver.rules ?? [];
    expect(described.map(({ id }) => id)).toEqual(rules.map(({ id }) => id));
    for (const { shortDescription, fullDescription, help, defaultConfiguration } of described) {
      expect([shortDescription?.text, fullDescription?.text, help?.text]).not.toContain(undefined);
      expect(['error', 'warning', 'note']).toContain(defaultConfiguration?.level);
    }
  });

  it('places every finding by a relative, escaped URI and a line, and points to its rule', async () => {
    const { findings } = await report();
    const log = JSON.parse(renderSarif({ findings, resources: 1, patches: 0 })) as Log;
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
    const { findings } = await report();
    const parsed = JSON.parse(renderJson({ findings, resources: 1, patches: 0 })) as {
      findings: Record<string, unknown>[];
    };
    expect(parsed.findings).toHaveLength(findings.length);
    expect(parsed.findings.find(({ rule }) => rule === 'grace-too-short')).toEqual({
      rule: 'grace-too-short',
      severity: 'error',
      file: 'k8s/some chart/chat.yaml',
      line: 11,
      resource: 'Deployment/chat',
      message: 'SIGKILL comes after 30 s, but timeout 60 + flushTimeout 2 needs more than 62 s.',
      why: rules.find(({ id }) => id === 'grace-too-short')?.why,
      remedy: 'spec:\n  terminationGracePeriodSeconds: 72',
      fixable: true,
    });
  });

  it('text names place, rule, remedy, and ends with the counts', async () => {
    const rendered = renderText(await report());
    expect(rendered).toContain('k8s/some chart/chat.yaml:6');
    expect(rendered).toContain('recreate-strategy');
    expect(rendered).toContain('terminationGracePeriodSeconds: 72');
    expect(rendered).toMatch(/1 resource read: \d+ errors, \d+ warnings?, 1 note\./);
  });
});
