import { setTimeout as sleep } from 'node:timers/promises';
import { resumeResponses } from 'nestjs-drain-client';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { clientOf, clients, words } from './support/clients.js';
import { lease, postgres, redis, Replicas, type Engine } from './support/replicas.js';
import { RoundRobin } from './support/round-robin.js';
import { collect, Readers, type Reading } from './support/word-readers.js';

/** What CI has time for, or with `RESUME_TEST=full` a rollout of its real length. */
const size =
  process.env.RESUME_TEST === 'full'
    ? { clients: 50, words: 300, deadline: '3' }
    : { clients: 24, words: 60, deadline: '1' };

/** Every word once, in order. */
function expectWhole(readings: readonly Reading[], input: string): void {
  for (const { text, sequences, status } of readings) {
    expect({ text, status }).toEqual({ text: input, status: 'completed' });
    expect(sequences).toEqual(sequences.map((_, index) => index));
  }
}

function report(what: string, readings: readonly Reading[]): void {
  const worst = Math.max(...readings.map(({ stall }) => stall));
  const lasted = `${readings.length} streams of ${readings[0]!.sequences.length} events`;
  console.info(`${what}: ${lasted}, every word once; worst stall ${Math.round(worst)} ms`);
}

describe.each([redis, postgres])('streams that outlive their pod: $name', (engine) => {
  (engine.missing ? describe.skip : describe)('with a real server', () => throughTrouble(engine));
});

function throughTrouble(engine: Engine): void {
  let replicas: Replicas;
  beforeAll(async () => {
    // The deadline is shorter than the streams: waiting alone would lose them.
    const env = {
      GRACEFUL_SHUTDOWN_TIMEOUT: size.deadline,
      GRACEFUL_SHUTDOWN_FLUSH_TIMEOUT: '1',
    };
    replicas = await Replicas.start(env, engine);
  }, 120_000);
  afterAll(() => replicas.stop());

  /** Streams of 6 s, or 30 s, with whatever befalls them. */
  const readThrough = async (what: string, trouble: () => Promise<void>): Promise<void> => {
    const readers = new Readers(replicas.balancer.url, size.clients, {
      words: size.words,
      pace: 10,
    });
    await readers.begun();
    await trouble();
    const readings = await readers.readings();
    expectWhole(readings, readers.input);
    report(what, readings);
  };

  it('lose no word when every replica is killed, one after the other', async () => {
    const old = await replicas.addSuccessors();
    await readThrough('SIGKILL of each', async () => {
      for (const replica of old) {
        replicas.takeOut(replica);
        await replica.stop();
        await sleep(1000);
      }
    });
  });

  it('lose no word when the server of the store is killed and started again', () =>
    readThrough('store restarted', async () => {
      await replicas.store.kill();
      await sleep(500);
      await replicas.store.run();
    }));

  it('lose no word when the server of the store cannot be reached for 3 s', () =>
    readThrough('store cut off for 3 s', async () => {
      replicas.cable.cut();
      await sleep(3000);
      replicas.cable.mend();
    }));

  // What follows does not depend on the store.
  if (engine !== redis) return;

  it('lose no word when every replica is replaced, with a deadline that is shorter than their streams', async () => {
    const old = await replicas.addSuccessors();
    await readThrough('rolling SIGTERM', async () => {
      for (const replica of old) {
        replicas.takeOut(replica);
        replica.process.kill('SIGTERM');
        expect(await replica.exited).toEqual({ code: 0, signal: null });
        // As its log tells the report of the drain.
        expect(replica.output()).toMatch(/[1-9]\d* handed off/);
        expect(replica.output()).not.toMatch(/[1-9]\d* (cut|cancelled)/);
      }
    });
  });

  it('lose and double no word when a replica is stopped for longer than its lease and wakes up', () =>
    readThrough('SIGSTOP, SIGCONT', async () => {
      const [zombie] = replicas.running;
      zombie!.process.kill('SIGSTOP');
      replicas.takeOut(zombie!);
      await sleep(lease * 1500);
      zombie!.process.kill('SIGCONT');
      replicas.running.push(zombie!);
      replicas.balancer.add(zombie!.port);
    }));

  it.each(clients)(
    'are read on by the client %s when their replica is killed',
    async (_, Client) => {
      const [victim, heir] = replicas.running;
      const path = await RoundRobin.start(victim!.port);
      const client = clientOf(path, Client);
      const input = words(40);
      const request = { model: 'echo', input, metadata: { tokens_per_second: '10' } };
      const options = { shortestPause: 0.1, longestPause: 0.5, attempts: 40 };
      const begun = Array.from({ length: 3 }, () =>
        collect(resumeResponses(client, request, options) as never),
      );
      await sleep(1500);
      path.add(heir!.port);
      path.remove(victim!.port);
      replicas.takeOut(victim!);
      await victim!.stop();
      const readings = await Promise.all(begun);
      await path.stop();
      expectWhole(readings, input);
      report('SIGKILL, official client', readings);
    },
  );
}
