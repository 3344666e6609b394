import { expect, test } from '@jest/globals';
import { Test } from '@nestjs/testing';
import { MemoryResumeStore } from 'nestjs-drain-resume';
import { fromNodeRedis } from 'nestjs-drain-resume/redis';
import { createClient } from '@redis/client';
import { Pool } from 'pg';
import { GracefulShutdownModule } from '../index.js';
import { DrainResumeModule } from './index.js';

async function startWith(options: unknown): Promise<string> {
  const imports = [
    GracefulShutdownModule.forRoot({ signals: false }),
    DrainResumeModule.forRootAsync({ useFactory: () => options as never }),
  ];
  const start = Test.createTestingModule({ imports }).compile();
  return start.then(
    () => 'started',
    (error: Error) => error.message,
  );
}

const onRedis = 'new RedisResumeStore({ connection: fromNodeRedis(client) }).';
const client = createClient();

test.each([
  [
    'a store',
    new MemoryResumeStore(),
    'The options are a store; set an object with it, such as { store }.',
  ],
  [
    'a client',
    { store: client },
    `\`store\` is a client of Redis; set the store on it, ${onRedis}`,
  ],
  [
    'a connection',
    { store: fromNodeRedis(client) },
    `\`store\` is a connection; set the store on it, ${onRedis}`,
  ],
  [
    'a pool',
    { store: new Pool() },
    '`store` is a pool of PostgreSQL; set the store on it, new PostgresResumeStore({ pool }).',
  ],
  [
    'a promise',
    { store: Promise.resolve(new MemoryResumeStore()) },
    '`store` is a promise; set what it resolves to, with forRootAsync().',
  ],
  ['a url', { store: 'redis://:secret@host' }, '`store` is a text; set a RedisResumeStore of '],
  ['a class', { store: MemoryResumeStore }, '`store` is a function; set a RedisResumeStore of '],
  ['nothing', {}, '`store` is missing; set a RedisResumeStore of '],
])('%s in the place of the store is refused with what to set', async (_, options, message) => {
  const said = await startWith(options);
  expect(said).toContain(`DrainResumeModule cannot start:\n  - ${message}`);
  expect(said).not.toContain('secret');
});

test('a store is taken', async () => {
  expect(await startWith({ store: new MemoryResumeStore() })).toBe('started');
});
