import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { expect, test } from '@jest/globals';
import { GracefulShutdownModule } from 'nestjs-drain';
import { DurableStreamsModule } from 'nestjs-drain/durable-streams';
import { DrainResumeModule } from 'nestjs-drain/resume';
import { KeyedStreams, MemoryResumeStore } from 'nestjs-drain-resume';
import { StreamWrites } from './support/stream-writes.js';

/**
 * What the suite asks of reads. The library does not answer writes, so it leaves out the groups about them: creating, appending,
 * deleting, TTL and expiry (also in HEAD), idempotent producers, JSON validation, forks and subscriptions.
 */
const readGroups = [
  'Read Operations',
  'Long-Poll Operations',
  'Browser Security Headers',
  'HEAD Metadata should',
  'Offset Validation and Resumability',
  'Long-Poll Edge Cases',
  'Caching and ETag',
  'Chunking and Large Payloads',
  'Read-Your-Writes Consistency',
  'SSE Mode',
  'Byte-Exactness Property',
  'Immutability Properties',
  'Offset Validation Properties',
  'HEAD with Stream Closure',
  'Read Closed Streams \\(Catch-up\\)',
  'Long-poll with Stream Closure',
  'SSE with Stream Closure',
  'offset-now-on-closed-stream',
];

interface Result {
  readonly fullName: string;
  readonly status: string;
  readonly failureMessages: readonly string[];
}

/** Runs the suite's tests whose names match, and returns those that ran. */
async function runSuite(url: string, pattern: string): Promise<Result[]> {
  const directory = await mkdtemp(join(tmpdir(), 'durable-streams-'));
  const output = join(directory, 'results.json');
  const manifest = createRequire(import.meta.url).resolve('vitest/package.json');
  const root = fileURLToPath(new URL('fixtures/durable-streams', import.meta.url));
  const report = ['--reporter=json', `--outputFile=${output}`];
  // A bound for what hangs: a busy machine is slow.
  const options = ['--root', root, ...report, '--testTimeout=60000', '-t', pattern];
  const suite = spawn(
    process.execPath,
    [join(dirname(manifest), 'vitest.mjs'), 'run', ...options],
    {
      env: { PATH: process.env['PATH'], DURABLE_STREAMS_URL: url },
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  );
  await once(suite, 'exit');
  const written = JSON.parse(await readFile(output, 'utf8')) as {
    testResults: { assertionResults: Result[] }[];
  };
  await rm(directory, { recursive: true });
  const results = written.testResults.flatMap((file) => file.assertionResults);
  return results.filter(({ status }) => status === 'passed' || status === 'failed');
}

test('the conformance suite of Durable Streams finds nothing amiss in reads', async () => {
  const writes = new StreamWrites();
  const path = 'v1/stream';
  @Module({
    imports: [
      GracefulShutdownModule.forRoot({ signals: false, timeout: 1 }),
      DrainResumeModule.forRoot({ store: new MemoryResumeStore() }),
      DurableStreamsModule.forRoot({
        path,
        contentType: writes.contentTypeOf,
        origin: '*',
        longPoll: 1,
      }),
    ],
  })
  class AppModule {}
  const application = await NestFactory.create(AppModule, { logger: false, bodyParser: false });
  application.use(`/${path}`, writes.middleware);
  await application.listen(0, '127.0.0.1');
  const url = await application.getUrl();
  // The suite computes for seconds between two requests of a connection.
  (application.getHttpServer() as Server).keepAliveTimeout = 60_000;
  writes.keyed = application.get(KeyedStreams, { strict: false });
  writes.url = `${url}/${path}`;
  try {
    const results = await runSuite(url, readGroups.join('|'));
    const failed = results.filter(({ status }) => status === 'failed');
    expect(failed.map(({ fullName, failureMessages }) => [fullName, failureMessages[0]])).toEqual(
      [],
    );
    console.info(`Durable Streams, reads: ${results.length} of ${results.length} tests passed`);
    const isRun = (group: string) => results.some(({ fullName }) => RegExp(group).test(fullName));
    expect(readGroups.filter((group) => !isRun(group))).toEqual([]);
  } finally {
    await application.close();
  }
});
