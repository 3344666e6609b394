import type { GracefulShutdownOptions, DrainReport } from 'nestjs-drain';
import { afterAll, afterEach, describe, expect, test } from '@jest/globals';
import { graphqlTransport } from './graphql-transport.js';
import { grpcTransport } from './grpc-transport.js';
import { httpTransports } from './http-transport.js';
import { messageTransports } from './message-transport.js';
import type { MessageTransport, Transport } from './transport.js';
import { webSocketTransports } from './websocket-transport.js';
import { Workshop } from './workshop.js';
import { eventually } from '../../testing/eventually.js';

const streaming = [...httpTransports, ...webSocketTransports, grpcTransport, graphqlTransport];
const all: readonly (Transport | MessageTransport)[] = [...streaming, ...messageTransports];

/** A deadline that comes soon, for what is meant to meet it. */
const soon = { timeout: 0.3, flushTimeout: 0.2 };

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

afterAll(async () => {
  for (const one of all) await one.stop?.();
});

async function serve<T extends Transport | MessageTransport>(
  one: T,
  options: GracefulShutdownOptions = {},
) {
  const workshop = new Workshop();
  const serving = (await one.serve(workshop, options)) as Awaited<ReturnType<T['serve']>>;
  cleanups.push(() => serving.clear());
  cleanups.push(() => {
    workshop.open();
    return serving.close();
  });
  return { workshop, ...serving };
}

/** Law 10. */
function expectToAddUp(report: DrainReport): void {
  const { activeBefore, admitted, completed, reconnect, cancelled, handedOff, cut } = report;
  expect(activeBefore + admitted).toBe(completed + reconnect + cancelled + handedOff + cut);
}

const missing = all.flatMap((one) => one.missing ?? []);
for (const what of new Set(missing)) {
  if (process.env.CI === 'true') throw new Error(`The contract of transports needs ${what}.`);
  console.warn(`SKIPPED where it is needed: ${what}`);
}

describe.each(all.filter((one) => !one.missing))('$name', (one) => {
  test('what is under way ends whole, and the drain ends with it', async () => {
    const { workshop, shutdown, ask } = await serve(one);
    const ending = ask();
    await workshop.begun;
    const report = shutdown.drain();
    expect(shutdown.phase).toBe('draining');
    workshop.open();
    expect(await ending).toBe('whole');
    expect(await report).toMatchObject({ outcome: 'completed', cut: 0, unfinished: {} });
    expectToAddUp(await report);
  });

  test('no provider is destroyed before the last answer', async () => {
    const { workshop, shutdown, ask, close } = await serve(one);
    const ending = ask();
    await workshop.begun;
    const closed = close();
    await eventually(() => expect(shutdown.phase).toBe('draining'));
    workshop.open();
    expect(await ending).toBe('whole');
    await closed;
    expect(workshop.log).toEqual(['begun', 'done', 'destroyed']);
  });

  test('work that never ends holds up nothing beyond the deadline, and is counted', async () => {
    const { workshop, shutdown, ask, close } = await serve(one, soon);
    void ask();
    await workshop.begun;
    const report = shutdown.drain();
    await close();
    expect(workshop.log).toEqual(['begun', 'destroyed']);
    const { outcome, cancelled, unfinished } = await report;
    expect(outcome).toBe('timeout');
    expect(cancelled + (unfinished['messages'] ?? 0)).toBe(1);
    expectToAddUp(await report);
  });
});

describe.each(streaming.filter((one) => !one.missing))('$name', (one) => {
  test('what comes while draining is refused before its handler, with the time to come back', async () => {
    const { workshop, shutdown, ask } = await serve(one);
    const ending = ask();
    await workshop.begun;
    const report = shutdown.drain();
    expect(await ask()).toBe('refused');
    expect(workshop.log).toEqual(['begun']);
    workshop.open();
    expect(await ending).toBe('whole');
    expect(await report).toMatchObject({ completed: 1, refused: 1 });
  });

  test('what comes during the propagation delay is served', async () => {
    const { workshop, shutdown, ask } = await serve(one, { propagationDelay: 0.5 });
    const report = shutdown.drain();
    const ending = ask();
    await workshop.begun;
    workshop.open();
    expect(await ending).toBe('whole');
    expect(await report).toMatchObject({ admitted: 1, completed: 1, refused: 0 });
    expectToAddUp(await report);
  });

  test('a subscription is told at once, and nothing waits for it', async () => {
    const { shutdown, follow } = await serve(one);
    const { ending } = await follow();
    const report = shutdown.drain();
    expect(await ending).toBe('told');
    expect(await report).toMatchObject({
      outcome: 'completed',
      activeBefore: 1,
      reconnect: 1,
      cut: 0,
    });
    expectToAddUp(await report);
  });

  test('at the deadline the client learns that its answer is incomplete', async () => {
    const { workshop, shutdown, ask } = await serve(one, soon);
    const ending = ask();
    await workshop.begun;
    const report = shutdown.drain();
    expect(await ending).toBe('incomplete');
    expect(await report).toMatchObject({ outcome: 'timeout', cancelled: 1, cut: 0 });
    expectToAddUp(await report);
  });
});
