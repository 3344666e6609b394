import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { Bench } from './bench.js';
import { hasOpenssl } from './certificate.js';
import { describeReport } from './describe.js';
import { flavours, type Flavour } from './flavour.js';
import { document, withoutTimings, type Observation } from './observation.js';
import { bounds, type Scenario } from './scenario.js';
import { control } from './scenarios/control.js';
import { lifecycle } from './scenarios/lifecycle.js';
import { requests } from './scenarios/requests.js';
import { silence } from './scenarios/silence.js';
import { streams } from './scenarios/streams.js';
import { websockets } from './scenarios/websockets.js';
import { labelled } from '../../testing/labelled.js';

const scenarios: readonly Scenario[] = [
  ...silence,
  ...requests,
  ...streams,
  ...websockets,
  ...lifecycle,
  ...control,
];

/** Seconds by which a busy machine may be late. What hangs, hangs until the deadline at least. */
const slack = 10;

if (!hasOpenssl) console.warn('SKIPPED over TLS: install the Debian package `openssl`.');
const available = flavours.filter(({ tls }) => !tls || hasOpenssl || process.env.CI === 'true');

const cases = scenarios.flatMap((scenario) =>
  available
    .filter((flavour) => scenario.on?.(flavour) ?? true)
    .map((flavour) => ({ scenario, flavour, name: `${scenario.name} (${flavour.name})` })),
);

const observations = new Map<object, Observation>();

describe('every edge case ends within its bound', () => {
  test.concurrent.each(cases.map((one) => [one.name, one] as const))('%s', async (_, one) => {
    observations.set(one, await observe(one.scenario, one.flavour));
  });
});

test('docs/edge-cases.md is what the suite observes, timings apart', () => {
  const file = new URL('../../docs/edge-cases.md', import.meta.url);
  const seen = document(cases.flatMap((one) => observations.get(one) ?? []));
  if (process.env.EDGE_CASES === 'write') writeFileSync(file, seen);
  expect(withoutTimings(seen)).toBe(withoutTimings(readFileSync(file, 'utf8')));
});

async function observe(scenario: Scenario, flavour: Flavour): Promise<Observation> {
  const bench = new Bench(flavour, scenario.options ?? {});
  try {
    const sees = await scenario.run(bench);
    const { code, signal, seconds } = await bench.gone();
    labelled(bench.app.output, () => expect(code ?? signal).toBe(scenario.exit ?? 0));
    expect(seconds).toBeLessThan(bounds[scenario.bound] + slack);
    const report = describeReport(bench.report);
    return { flavour: flavour.name, scenario, sees, report, exit: String(code ?? signal), seconds };
  } finally {
    await bench.clear();
  }
}
