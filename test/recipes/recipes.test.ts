import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { cls } from './cls/play.js';
import { compression } from './compression/play.js';
import { database } from './database/play.js';
import { express } from './express/play.js';
import { helmet } from './helmet/play.js';
import { mcp } from './mcp/play.js';
import { pino } from './pino/play.js';
import { proxy } from './proxy/play.js';
import { queue } from './queue/play.js';
import { schedule } from './schedule/play.js';
import { sessions } from './sessions/play.js';
import { trpc } from './trpc/play.js';
import { uploads } from './uploads/play.js';
import {
  describeStreams,
  expectDrained,
  startRecipe,
  type Cleanups,
  type Play,
} from './support/recipe.js';

const recipes = [cls, compression, database, express, helmet, mcp, pino, proxy, queue, schedule, sessions, trpc, uploads];

const cases = recipes.flatMap(({ name, plays }) =>
  plays.map((play) => [`${name}: ${play.underWay}`, name, play] as const),
);

test.concurrent.each(cases.filter(([, , { skipped }]) => !skipped))('%s', async (_, name, play) => {
  const cleanups: Cleanups = [];
  try {
    console.log(await rowOf(name, play, cleanups));
  } finally {
    for (const cleanup of cleanups.reverse()) await cleanup();
  }
});

async function rowOf(name: string, play: Play, cleanups: Cleanups): Promise<string> {
  const prepared = (await play.prepare?.(cleanups)) ?? {};
  const app = await startRecipe(name, { ...play.env, ...prepared });
  cleanups.push(() => app.stop());
  const sees = await play.run(app, prepared, cleanups);
  const report = await expectDrained(app, play.outcome);
  return `| [${name}](#${name}) | ${play.underWay} | ${sees} | ${describeStreams(report)} |`;
}
