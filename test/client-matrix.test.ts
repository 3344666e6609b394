import { readFileSync, writeFileSync } from 'node:fs';
import { format } from 'prettier';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  durable,
  missingRedis,
  RedisServer,
} from '../libs/nestjs-drain-resume/test/support/redis-server.js';
import { outcomeOf, type Client, type Outcome } from './clients/client.js';
import { sdkClients } from './clients/sdk-clients.js';
import { situations, stage } from './clients/situations.js';
import { wireClients } from './clients/wire-clients.js';
import { words } from './support/clients.js';

const clients: readonly Client[] = [...sdkClients, ...wireClients];
const file = new URL('../docs/clients.md', import.meta.url);

/** Many words, so that no client has read them all when the situation comes. */
const input = words(36);

(missingRedis ? describe.skip : describe)('every client that reads an answer', () => {
  let redis: RedisServer;
  const seen = new Map<string, readonly Outcome[]>();
  beforeAll(async () => {
    redis = await RedisServer.start(...durable);
  });
  afterAll(() => redis.stop());

  it.each(situations.map((situation) => [situation.name, situation] as const))(
    'has all of it or knows that it has not: %s',
    async (name, situation) => {
      const outcomes = await stage(situation, redis.url, (url) =>
        Promise.all(clients.map((client) => outcomeOf(client, url, input))),
      );
      seen.set(name, outcomes);
      const halves = clients.filter((_, index) => outcomes[index] === 'half');
      expect(halves.map((client) => client.name)).toEqual([]);
    },
  );

  it('gets what docs/clients.md says', async () => {
    const table = await document(seen);
    if (process.env.CLIENTS === 'write') writeFileSync(file, table);
    expect(table).toBe(readFileSync(file, 'utf8'));
  });
});

function document(seen: ReadonlyMap<string, readonly Outcome[]>): Promise<string> {
  const names = situations.map(({ name }) => name);
  const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const rows = clients.map(({ name }, index) =>
    row([name, ...names.map((situation) => seen.get(situation)?.[index] ?? '')]),
  );
  const legend = situations.map(({ name, explanation }) => `- **${name}**: ${explanation}`);
  const text = [
    '# Clients',
    '',
    'What clients of the reference service have of an answer when its replica goes, as `test/client-matrix.test.ts`',
    'observes it: two replicas behind a balancer, an answer of about 3 s, and each client with its own defaults.',
    '',
    '- **whole**: every word once, from whichever replica. Some clients have asked again for that.',
    '- **told**: a part, and the client’s interface says that it is one (`status`, `finishReason`).',
    '- **error**: the client throws, or exits with a code that is not 0. What it has shown before is a part.',
    '',
    row(['client', ...names]),
    row(['---', ...names.map(() => '---')]),
    ...rows,
    '',
    ...legend,
    '',
    'No client has a part of an answer without knowing it: the test fails on such a cell. It failed for `stream()` of',
    '`@langchain/openai` 1.0 to 1.2, which hand on nothing of `response.incomplete`: use a later version.',
    '',
  ].join('\n');
  return format(text, { parser: 'markdown', printWidth: 100 });
}
