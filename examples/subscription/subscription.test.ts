import { EventSource } from 'eventsource';
import { afterEach, expect, test } from '@jest/globals';
import { readThrough, startExample, type Example } from '../support/example.js';

let example: Example;
let source: EventSource | undefined;
afterEach(async () => {
  source?.close();
  await example.stop();
});

test('a subscription is asked to reconnect, and ends cleanly', async () => {
  example = await startExample('subscription');
  const response = await fetch(`${example.url}/clock`);
  const text = await readThrough(response, '"tick":5', example.terminate);
  expect(text).toMatch(/^retry: \d+$/m);
  expect(await example.exited).toBe(0);
});

test('an EventSource goes on by itself, on the replica that follows', async () => {
  const first = await startExample('subscription');
  example = first;
  const { port } = new URL(first.url);
  source = new EventSource(`${first.url}/clock`);
  const replicas = new Set<number>();
  const second = new Promise<void>((resolve) => {
    source?.addEventListener('message', ({ data }: { data: string }) => {
      replicas.add((JSON.parse(data) as { replica: number }).replica);
      if (replicas.size === 1) first.terminate();
      else resolve();
    });
  });
  await first.exited;
  example = await startExample('subscription', { PORT: port });
  await second;
  expect(replicas.size).toBe(2);
});
