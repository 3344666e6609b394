import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { cls } from './cls/play.js';
import { compression } from './compression/play.js';
import { database } from './database/play.js';
import { express } from './express/play.js';
import { graphqlSse } from './graphql-sse/play.js';
import { helmet } from './helmet/play.js';
import { mcp } from './mcp/play.js';
import { mercurius } from './mercurius/play.js';
import { opentelemetry } from './opentelemetry/play.js';
import { pino } from './pino/play.js';
import { proxy } from './proxy/play.js';
import { queue } from './queue/play.js';
import { schedule } from './schedule/play.js';
import { sessions } from './sessions/play.js';
import { trpc } from './trpc/play.js';
import { uploads } from './uploads/play.js';
import { throughSigterm } from './support/events.js';
import {
  describeStreams,
  expectDrained,
  startRecipe,
  type Cleanups,
  type Play,
} from './support/recipe.js';

/** In the order of docs/recipes.md. */
const recipes = [
  mcp,
  trpc,
  graphqlSse,
  mercurius,
  express,
  proxy,
  schedule,
  queue,
  database,
  compression,
  helmet,
  sessions,
  uploads,
  cls,
  pino,
  opentelemetry,
];

const cases = recipes
  .flatMap(({ name, plays }) => plays.map((play) => ({ name, play })))
  .filter(({ play }) => !play.skipped);

const rows = new Map<Play, string>();

describe('a recipe drains', () => {
  test.concurrent.each(cases.map((one) => [`${one.name}: ${one.play.underWay}`, one] as const))(
    '%s',
    async (_, { name, play }) => {
      rows.set(play, await rowOf(name, play));
    },
  );
});

test('docs/recipes.md has the results of these tests', () => {
  const file = new URL('../../docs/recipes.md', import.meta.url);
  const page = readFileSync(file, 'utf8');
  const table = /(?<=\| --- \| --- \| --- \| --- \|\n)(?:\|.*\n)+/;
  const seen = cases.map(({ play }) => rows.get(play) ?? '');
  if (process.env['RECIPES'] === 'write') {
    writeFileSync(file, page.replace(table, `${seen.join('\n')}\n`));
    return;
  }
  const written = table.exec(page)?.[0].trim().split('\n') ?? [];
  // Where something that a recipe needs is not installed, its rows are not looked at.
  const skipped = recipes.filter(({ plays }) => plays.some((play) => play.skipped));
  const played = written.filter((row) => !skipped.some(({ name }) => row.includes(`(#${name})`)));
  expect(played).toEqual(seen);
});

test('OpenTelemetry’s usual snippet is named at start, and cuts the stream', async () => {
  const nothing = { OTEL_TRACES_EXPORTER: 'none', OTEL_METRICS_EXPORTER: 'none' };
  const app = await startRecipe('opentelemetry-snippet', nothing);
  try {
    expect(app.output()).toMatch(/Another listener of SIGTERM may end the process .*sdk/);
    await expect(throughSigterm(app, '/answer')).rejects.toThrow('terminated');
    expect(await app.exited).toBe(0);
    expect(app.output().match(/Another listener/g)).toHaveLength(1);
    expect(app.output()).toMatch(/exits with 0 before its drain has ended[^]*recipe-opentel/);
  } finally {
    await app.stop();
  }
});

async function rowOf(name: string, play: Play): Promise<string> {
  const cleanups: Cleanups = [];
  try {
    const prepared = (await play.prepare?.(cleanups)) ?? {};
    const app = await startRecipe(name, { ...play.env, ...prepared });
    cleanups.push(() => app.stop());
    const sees = await play.run(app, prepared, cleanups);
    const report = await expectDrained(app, play.outcome);
    return `| [${name}](#${name}) | ${play.underWay} | ${sees} | ${describeStreams(report)} |`;
  } finally {
    for (const cleanup of cleanups.reverse()) await cleanup();
  }
}
