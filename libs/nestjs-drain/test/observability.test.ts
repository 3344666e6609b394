import { execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Registry } from 'prom-client';
import { describe, expect, test } from '@jest/globals';
import { Drain } from '../src/core/drain.js';
import { resolveDrainOptions } from '../src/core/options.js';
import { DrainMetrics } from '../src/metrics/drain-metrics.js';
import { ManualClock } from 'nestjs-drain-resume/testing';
import { admitted, ScriptedStream } from './support/scripted-stream.js';

const folder = fileURLToPath(new URL('../../../k8s/observability/', import.meta.url));

/** Why these tests cannot run, or undefined. In CI it is an error instead. */
const missingPromtool = ((): string | undefined => {
  if (!spawnSync('promtool', ['--version']).error) return undefined;
  const reason = 'promtool is missing; install the Debian package prometheus';
  if (process.env['CI'] === 'true') throw new Error(reason);
  console.warn(`skipped: ${reason}`);
  return reason;
})();

const promtool = (...options: string[]) =>
  promisify(execFile)('promtool', options, { cwd: folder, env: { PATH: process.env['PATH'] } });

/** What `promtool check metrics` has to say about a scrape; it says nothing of a good one. */
async function complaintsAbout(scrape: string): Promise<string> {
  const child = spawn('promtool', ['check', 'metrics'], { stdio: ['pipe', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  }
  child.stdin.end(scrape);
  const [code] = (await once(child, 'close')) as [number];
  return code === 0 ? output : `${output}exit code ${code}`;
}

/** A drain that is stopped in each phase, and what a scrape shows there. */
async function scrapeEachPhase(): Promise<Record<string, string>> {
  const clock = new ManualClock();
  const drain = new Drain(resolveDrainOptions({ timeout: 10, propagationDelay: 2 }), clock);
  const registry = new Registry();
  DrainMetrics.in(registry, 'nestjs_drain_').observe(drain);
  const scrapes: Record<string, string> = {};
  const scrape = async () => (scrapes[drain.phase] = await registry.metrics());
  admitted(drain.streams, 'subscription', { onEnd: 'deliver' });
  admitted(drain.streams);
  await scrape();
  void drain.start('SIGTERM');
  await scrape();
  await clock.advanceAsync(2_000);
  new ScriptedStream().requestFrom(drain.streams);
  await scrape();
  await clock.advanceAsync(20_000);
  await scrape();
  return scrapes;
}

interface Dashboard {
  readonly panels: readonly { readonly targets: readonly { readonly expr: string }[] }[];
  readonly annotations: { readonly list: readonly { readonly expr: string }[] };
}

/** Its queries, with Grafana's variables filled in. */
async function dashboardQueries(): Promise<string[]> {
  const text = await readFile(join(folder, 'dashboard.json'), 'utf8');
  const { panels, annotations } = JSON.parse(text) as Dashboard;
  const targets = [...panels.flatMap(({ targets }) => targets), ...annotations.list];
  return targets.map(({ expr }) =>
    expr.replace(/\$__(range|rate_interval)/g, '5m').replace(/\$\w+/g, '.*'),
  );
}

(missingPromtool ? describe.skip : describe)('what Prometheus reads', () => {
  test('the metrics are clean to promtool in every phase', async () => {
    const scrapes = await scrapeEachPhase();
    expect(Object.keys(scrapes)).toEqual(['serving', 'lameDuck', 'draining', 'drained']);
    for (const [phase, scrape] of Object.entries(scrapes)) {
      expect([phase, await complaintsAbout(scrape)]).toEqual([phase, '']);
    }
    // Not silent by itself: it does complain where there is reason to.
    expect(await complaintsAbout('# TYPE wrong counter\nwrong 1\n')).toContain('_total');
  });

  test('the rules are valid, and fire when they should', async () => {
    expect((await promtool('check', 'rules', 'rules.yml')).stdout).toContain('SUCCESS');
    await promtool('test', 'rules', 'rules.test.yml');
  });

  test('every query of the dashboard is PromQL', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'nestjs-drain-dashboard-'));
    const rules = (await dashboardQueries()).map((expr, index) => ({ record: `q${index}`, expr }));
    const file = join(directory, 'queries.yml');
    // JSON is YAML.
    await writeFile(file, JSON.stringify({ groups: [{ name: 'dashboard', rules }] }));
    const { stdout } = await promtool('check', 'rules', file).finally(() =>
      rm(directory, { recursive: true }),
    );
    expect(stdout).toContain(`SUCCESS: ${rules.length} rules found`);
  });
});

test('rules and dashboard ask only for metrics that exist', async () => {
  const scrape = Object.values(await scrapeEachPhase()).join('\n');
  const rules = await readFile(join(folder, 'rules.yml'), 'utf8');
  const asked = `${rules}\n${(await dashboardQueries()).join('\n')}`;
  // Recorded series have a colon before their name.
  const names = new Set(asked.match(/(?<![:\w])nestjs_drain_\w+/g));
  expect(names.size).toBeGreaterThan(10);
  for (const name of names) expect(scrape).toMatch(new RegExp(`^${name}[{ ]`, 'm'));
});
