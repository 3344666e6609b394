import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { rehearseFixture, type Report, type Run } from './rehearsal-run.js';

/** What a service really did, beside what the rehearsal says of it. */
interface Case {
  readonly name: string;
  /** `ends` unless another one is named. */
  readonly fixture?: 'ends' | 'subscriptions';
  readonly load: string;
  /** The user says what a whole answer holds. */
  readonly named: boolean;
  /** The service lets its streams finish. */
  readonly waits?: true;
  readonly exit: 0 | 1;
  /** The fate of what the service truncated, and of what it finished. */
  readonly truncated?: keyof Report['totals'];
  readonly whole?: keyof Report['totals'];
  /** The fate of all streams, each of which may hold several answers. */
  readonly every?: keyof Report['totals'];
  readonly verdict: RegExp;
}

const lost = /streams were lost/;
const unknown = /cannot be known/;
const kept = /No stream was lost/;

const cases: readonly Case[] = [
  {
    name: 'lines of JSON, truncated between two lines',
    load: 'post:/lines',
    named: true,
    exit: 1,
    truncated: 'cut',
    whole: 'complete',
    verdict: lost,
  },
  {
    name: 'the same without a named end',
    load: 'post:/lines',
    named: false,
    exit: 1,
    truncated: 'unknown',
    whole: 'unknown',
    verdict: unknown,
  },
  {
    name: 'JSON, truncated, with a clean end',
    load: 'json:/json',
    named: true,
    exit: 1,
    truncated: 'cut',
    whole: 'complete',
    verdict: lost,
  },
  {
    name: 'the same without a named end',
    load: 'json:/json',
    named: false,
    exit: 1,
    truncated: 'cut',
    whole: 'complete',
    verdict: lost,
  },
  {
    name: 'a WebSocket closed with 1000 in the middle',
    load: 'websocket:/socket',
    named: true,
    exit: 1,
    truncated: 'cut',
    whole: 'complete',
    verdict: lost,
  },
  {
    name: 'the same without a named end',
    load: 'websocket:/socket',
    named: false,
    exit: 1,
    truncated: 'unknown',
    whole: 'unknown',
    verdict: unknown,
  },
  {
    name: 'event ids that begin again at 1',
    load: 'sse:/events',
    named: true,
    exit: 1,
    truncated: 'cut',
    verdict: lost,
  },
  {
    name: 'the same without a named end',
    load: 'sse:/events',
    named: false,
    exit: 1,
    truncated: 'unknown',
    verdict: unknown,
  },
  {
    name: 'event ids that begin again after a broken connection',
    load: 'sse:/broken',
    named: false,
    exit: 1,
    truncated: 'cut',
    verdict: lost,
  },
  {
    name: 'finite answers of events with ids, from a service that waits',
    load: 'sse:/words',
    named: true,
    waits: true,
    exit: 0,
    whole: 'complete',
    verdict: kept,
  },
  {
    name: 'the same without a named end',
    load: 'sse:/words',
    named: false,
    waits: true,
    exit: 1,
    every: 'unknown',
    verdict: unknown,
  },
  { name: 'errors only', load: 'post:/errors', named: true, exit: 1, verdict: lost },
  {
    name: 'errors only, without a named end',
    load: 'post:/errors',
    named: false,
    exit: 1,
    verdict: lost,
  },
  {
    name: 'lines of JSON from a service that waits',
    load: 'post:/lines',
    named: true,
    waits: true,
    exit: 0,
    whole: 'complete',
    verdict: kept,
  },
  {
    name: 'the same without a named end',
    load: 'post:/lines',
    named: false,
    waits: true,
    exit: 1,
    whole: 'unknown',
    verdict: unknown,
  },
  subscription('first-only', 'unknown', 'one event was sent, and the next pod sends it too'),
  subscription('constant', 'unknown', 'all events have the same id'),
  subscription('repeating', 'resumed', 'the last event comes twice'),
  subscription('great', 'resumed', 'ids are greater than a number can tell apart'),
  subscription('great-skipping', 'cut', 'such ids go on with a gap'),
  subscription('asking', 'unknown', 'each event carries retry:'),
  subscription('asking-without-ids', 'unknown', 'so it does, and no id'),
  subscription('asking-told', 'told', 'so it does, and the last words are retry: without an event'),
  subscription('log', 'cut', 'every second event is an error that ends nothing'),
  subscription('greeting', 'unknown', 'answers begin with retry:, and heartbeats follow'),
];

/** Six endless streams, each of which its pod ends once. */
function subscription(path: string, every: keyof Report['totals'], name: string): Case {
  const verdict = { unknown, cut: lost }[every as string] ?? kept;
  const exit = verdict === kept ? 0 : 1;
  const load = `sse:/${path}`;
  return { name, fixture: 'subscriptions', load, named: false, exit, every, verdict };
}

const together = 3;

describe('the verdict beside the log of the server', () => {
  let folder: string;
  const runs: { run: Run; log: string[] }[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'verdicts-'));
    let next = 0;
    const work = async () => {
      for (let index = next++; index < cases.length; index = next++) {
        runs[index] = await rehearseCase(cases[index]!, join(folder, `${index}.log`));
      }
    };
    await Promise.all(Array.from({ length: together }, work));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it.each(cases.map((one, index) => ({ ...one, index })))(
    '$name ($load, named: $named)',
    ({ index, load, exit, verdict, truncated, whole, every }) => {
      const { run, log } = runs[index]!;
      expect(run.report?.verdict.sentence).toMatch(verdict);
      expect(run.report?.verdict.passed).toBe(exit === 0);
      expect(run.output).not.toMatch(/ended whole/);
      expect(run.code).toBe(exit);
      const totals = run.report!.totals;
      const ended = (end: string) => log.filter((line) => line === end).length;
      if (load === 'post:/errors') {
        // One was the answer to the preflight; those of a pod that was being ended are taken for a farewell.
        expect(totals.cut + totals.told + 1).toBe(ended('error'));
      } else if (every) {
        expect(run.report!.streams.map(({ fate }) => fate)).toEqual(Array(6).fill(every));
      } else if (truncated === whole) {
        // A WebSocket that the server ends in the moment in which the rehearsal does may be either's.
        const open = load.startsWith('websocket') ? totals.complete : 0;
        expect(totals[truncated!]).toBeLessThanOrEqual(ended('truncated') + ended('whole'));
        expect(totals[truncated!] + open).toBeGreaterThanOrEqual(
          ended('truncated') + ended('whole'),
        );
      } else {
        if (truncated) expect(totals[truncated]).toBe(ended('truncated'));
        // A WebSocket that is open at the end is complete, and the server has not ended it.
        if (whole && !load.startsWith('websocket')) expect(totals[whole]).toBe(ended('whole'));
      }
      if (truncated) expect(ended('truncated')).toBeGreaterThan(0);
    },
  );
});

async function rehearseCase({ fixture = 'ends', load, named, waits }: Case, file: string) {
  const flags = ['--load', load, '--replicas', '1', '--clients', '6', '--settle', '3s'];
  const timing = ['--warmup', '500ms', '--propagation', '200ms'];
  const end = named ? ['--complete-text', '"done":true'] : [];
  const environment = { LOG: file, WAITS: String(waits ?? false) };
  const run = await rehearseFixture(fixture, [...flags, ...timing, ...end], environment, ['json']);
  const log = (await readFile(file, 'utf8')).split('\n');
  return { run, log };
}
