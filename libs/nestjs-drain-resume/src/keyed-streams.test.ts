import { afterEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { eventually } from '../../../testing/eventually.js';
import type { ProductionStoppedError } from './errors.js';
import { KeyedStreams, type ChunkSource, type KeyedRun, type MakeStream } from './keyed-streams.js';
import { MemoryResumeStore } from './memory-store.js';
import { StoreLink } from './testing/store-link.js';

const words = ['one ', 'two ', 'three ', 'four ', 'five '];

const open: AbortController[] = [];

afterEach(() => {
  for (const leaving of open.splice(0)) leaving.abort();
});

/** Replicas on one store; what each produces can be held back. */
function setUp({ replicas = 1, lease = 5 } = {}) {
  const store = new MemoryResumeStore();
  const links = Array.from({ length: replicas }, () => new StoreLink(store));
  const leaving = links.map(() => new AbortController());
  open.push(...leaving);
  const streams = links.map((link, index) =>
    KeyedStreams.open({ store: link, lease, signal: leaving[index]!.signal }),
  );
  return { store, links, leaving, streams: streams as [KeyedStreams, ...KeyedStreams[]] };
}

/** The words, one for each `step`, and a note of each run. */
class Script {
  readonly runs: number[] = [];
  #permits = 0;
  #wake: () => void = () => undefined;

  step(count = 1): void {
    this.#permits += count;
    this.#wake();
  }

  readonly make: MakeStream = ({ next, signal }) => {
    this.runs.push(next);
    return this.#words(next, signal);
  };

  async *#words(next: number, signal: AbortSignal): AsyncGenerator<string> {
    for (const word of words.slice(next)) {
      while (this.#permits < 1 && !signal.aborted) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
          signal.addEventListener('abort', () => resolve());
        });
      }
      if (signal.aborted) return;
      this.#permits -= 1;
      yield word;
    }
  }
}

const textOf = (body: ReadableStream<Uint8Array> | undefined) => new Response(body).text();

describe('a place that clients invent', () => {
  it.each([Number.NaN, -5, 1.5, 7, Infinity])('is none in a stream: %d', async (after) => {
    const { streams } = setUp();
    const make = () => ['a', 'b'];
    const refused = { name: 'StreamRefusedError' };
    await expect(streams[0].run('chat-1', make, { after })).rejects.toMatchObject(refused);
    await textOf(await streams[0].run('chat-1', make));
    await expect(streams[0].run('chat-1', make, { after })).rejects.toMatchObject(refused);
    const page = streams[0].log('chat-1').page({ after, epoch: undefined });
    await expect(page).rejects.toMatchObject(refused);
  });
});
const all = () => words;

describe('streams under keys of the application', () => {
  it('creates a stream, and gives the same one to every later call', async () => {
    const { streams } = setUp({ replicas: 2 });
    const script = new Script();
    const first = textOf(await streams[0].run('chat-1', script.make));
    const second = textOf(await streams[1]!.run('chat-1', script.make));
    script.step(5);
    expect(await Promise.all([first, second])).toEqual([words.join(''), words.join('')]);
    expect(await textOf(await streams[1]!.run('chat-1', script.make))).toBe(words.join(''));
    expect(script.runs).toEqual([0]);
  });

  it('makes one stream for calls at the same time, here and on other replicas', async () => {
    const { streams } = setUp({ replicas: 2 });
    const script = new Script();
    const bodies = await Promise.all(
      [0, 1, 0, 1, 0, 1].map((replica) => streams[replica]!.run('chat-1', script.make)),
    );
    script.step(5);
    const texts = await Promise.all(bodies.map(textOf));
    expect(new Set(texts)).toEqual(new Set([words.join('')]));
    expect(script.runs).toEqual([0]);
  });

  it('goes on where the last replica stopped when that one leaves', async () => {
    const { streams, leaving } = setUp({ replicas: 2 });
    const script = new Script();
    const first = (await streams[0].run('chat-1', script.make)).getReader();
    script.step(2);
    await first.read();
    await first.read();
    leaving[0]?.abort();
    const rest = await streams[1]!.run('chat-1', script.make, { after: 1 });
    script.step(3);
    expect(await textOf(rest)).toBe('three four five ');
    expect(script.runs).toEqual([0, 2]);
    await expect(streams[0].run('chat-2', script.make)).rejects.toMatchObject({ status: 503 });
  });

  it('asks no one for the rest of a stream that was cancelled while its replica was lost', async () => {
    const { streams, links } = setUp({ replicas: 2, lease: 0.4 });
    const script = new Script();
    const first = (await streams[0].run('chat-1', script.make)).getReader();
    script.step(1);
    await first.read();
    links[0]!.isCut = true;
    await streams[1]!.cancel('chat-1');
    const failure = (error: unknown) => (error as ProductionStoppedError).reason;
    const rest = await streams[1]!.join('chat-1', script.make, { after: 0, failure });
    expect(await textOf(rest)).toBe('cancelled');
    expect(script.runs).toEqual([0]);
    links[0]!.isCut = false;
    await first.cancel();
  });

  it('goes on when the replica that produced it is lost, also for a reader that waits', async () => {
    const { streams, links } = setUp({ replicas: 2, lease: 0.4 });
    const script = new Script();
    const stuck = await streams[0].run('chat-1', script.make);
    const waiting = textOf(await streams[1]!.run('chat-1', script.make));
    script.step(2);
    await new Promise<void>((resolve) => setTimeout(resolve, 20));
    links[0]!.isCut = true;
    script.step(20);
    expect(await waiting).toBe(words.join(''));
    links[0]!.isCut = false;
    await stuck.cancel();
  });

  it('joins only what is there', async () => {
    const { streams } = setUp();
    expect(await streams[0].join('chat-1', all)).toBeUndefined();
    expect(await streams[0].state('chat-1')).toBe('none');
    const script = new Script();
    await streams[0].run('chat-1', script.make);
    expect(await streams[0].state('chat-1')).toBe('open');
    script.step(5);
    expect(await textOf(await streams[0].join('chat-1', script.make))).toBe(words.join(''));
    expect(await streams[0].state('chat-1')).toBe('closed');
  });

  it('keeps the streams of principals apart', async () => {
    const { streams } = setUp();
    await streams[0].run('chat-1', all, { principal: 'alice' });
    expect(await streams[0].state('chat-1', { principal: 'bob' })).toBe('none');
    const bobs = await streams[0].run('chat-1', () => ['other'], { principal: 'bob' });
    expect(await textOf(bobs)).toBe('other');
  });

  it('begins anew under a key that was deleted', async () => {
    const { streams } = setUp();
    await textOf(await streams[0].run('chat-1', all));
    await streams[0].delete('chat-1');
    expect(await textOf(await streams[0].run('chat-1', () => ['new']))).toBe('new');
  });

  it('never gives the rest of another stream to a client that has a part of a lost one', async () => {
    const { streams } = setUp();
    await textOf(await streams[0].run('chat-1', all));
    await streams[0].delete('chat-1');
    const again = streams[0].run('chat-1', all, { after: 2 });
    await expect(again).rejects.toMatchObject({ reason: 'gone', status: 410 });
  });

  it('ends a cancelled stream without its end', async () => {
    const { streams } = setUp({ replicas: 2 });
    const script = new Script();
    const reader = (await streams[0].run('chat-1', script.make)).getReader();
    script.step(1);
    await reader.read();
    await streams[0].cancel('chat-1');
    await expect(reader.read()).rejects.toMatchObject({ name: 'StreamFailedError' });
  });

  it('breaks off a body that failed, or ends it as the route says', async () => {
    const { streams } = setUp();
    function* failing(): Generator<string> {
      yield 'one ';
      throw new Error('a secret of the server');
    }
    const broken = textOf(await streams[0].run('chat-1', failing));
    await expect(broken).rejects.toThrow(/did not reach its end: its producer failed/);
    const failure = (error: unknown) => `! ${(error as Error).message.length}`;
    const told = await streams[0].run('chat-2', failing, { failure });
    expect(await textOf(told)).toBe('one ! 22');
    // What the shape throws does not make a failure an end.
    const thrown = streams[0].run('chat-3', failing, {
      failure: () => {
        throw new Error('faulty');
      },
    });
    await expect(textOf(await thrown)).rejects.toThrow('did not reach its end');
  });

  it('tells what a new stream throws before its first chunk', async () => {
    const { streams } = setUp();
    const refused = streams[0].run('chat-1', () => {
      throw new Error('no such model');
    });
    await expect(refused).rejects.toThrow('no such model');
    await expect(streams[0].run('chat-2', () => [5] as never).then(textOf)).rejects.toThrow();
  });

  it('goes on without a reader, unless it is told to pause', async () => {
    const { streams } = setUp();
    const script = new Script();
    await (await streams[0].run('chat-1', script.make)).cancel();
    script.step(5);
    await eventually(async () => expect(await streams[0].state('chat-1')).toBe('closed'));
    const paused = new Script();
    await (
      await streams[0].run('chat-2', paused.make, { background: false, grace: 0.01 })
    ).cancel();
    await new Promise<void>((resolve) => setTimeout(resolve, 50));
    paused.step(5);
    expect(await textOf(await streams[0].run('chat-2', paused.make))).toBe(words.join(''));
    expect(paused.runs).toEqual([0, 0]);
  });

  it('fails a stream at the end of a process without a shared store', async () => {
    const leaving = new AbortController();
    const streams = KeyedStreams.open({ store: new MemoryResumeStore(), signal: leaving.signal });
    const script = new Script();
    const reader = (await streams.run('chat-1', script.make)).getReader();
    script.step(1);
    await reader.read();
    leaving.abort();
    await expect(reader.read()).rejects.toMatchObject({ name: 'StreamFailedError' });
  });

  it('reports each production to the platform', async () => {
    const productions: Promise<void>[] = [];
    const waitUntil = (production: Promise<void>) => productions.push(production);
    const streams = KeyedStreams.open({ store: new MemoryResumeStore(), waitUntil });
    const script = new Script();
    const body = textOf(await streams.run('chat-1', script.make));
    script.step(5);
    await body;
    expect(productions).toHaveLength(1);
    await productions[0];
  });

  it('refuses a time to live that is shorter than the lease', async () => {
    const { streams } = setUp();
    await expect(streams[0].run('chat-1', all, { ttl: 1 })).rejects.toThrow(/`ttl` \(1 s\)/);
  });

  it('brings the bytes of any source as they were, in any parts', async () => {
    const chunk = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.uint8Array({ maxLength: 20 }),
      fc.constantFrom('é', '😀', '\u0000', 'end'),
    );
    // Parts that begin and end in the middle of a character.
    const split = fc.tuple(fc.string({ unit: 'grapheme' }), fc.nat(40)).map(([text, at]) => {
      const bytes = Buffer.from(text);
      return [bytes.subarray(0, at), bytes.subarray(at)];
    });
    const chunks = fc.array(
      fc.oneof(
        chunk.map((one) => [one]),
        split,
      ),
      { maxLength: 10 },
    );
    const kind = fc.constantFrom('iterable', 'generator', 'web' as const);
    const law = fc.asyncProperty(chunks, kind, fc.nat(10), async (parts, from, after) => {
      const { streams } = setUp();
      const source = parts.flat();
      const whole = Buffer.concat(source.map((part) => Buffer.from(part as string)));
      const make = ({ next }: KeyedRun) => sourceOf(source.slice(next), from);
      expect(await bytesOf(await streams[0].run('key', make))).toEqual(whole);
      if (after >= source.length) return;
      const rest = Buffer.concat(
        source.slice(after + 1).map((part) => Buffer.from(part as string)),
      );
      expect(await bytesOf(await streams[0].run('key', make, { after }))).toEqual(rest);
    });
    await fc.assert(law, { numRuns: 100 });
  });

  it.each<[string, () => never | Promise<never>]>([
    ['rejects', () => Promise.reject(new Error('for good'))],
    ['answers with nothing', () => Promise.resolve(undefined as never)],
    ['answers with what it may not', () => Promise.resolve({ outcome: 'odd' } as never)],
  ])('breaks off, if the store %s for every append', async (_, append) => {
    const { streams, links } = setUp({ lease: 0.1 });
    links[0]!.append = append;
    const script = new Script();
    script.step(5);
    await expect(textOf(await streams[0].run('chat-1', script.make))).rejects.toMatchObject({
      name: 'StreamFailedError',
    });
    // The first one, and three that took it over.
    expect(script.runs).toEqual([0, 0, 0, 0]);
    await expect(streams[0].run('chat-1', script.make)).rejects.toMatchObject({ status: 503 });
  });
});

const bytesOf = async (body: ReadableStream<Uint8Array>) =>
  Buffer.from(await new Response(body).arrayBuffer());

function sourceOf(parts: readonly (string | Uint8Array)[], kind: string): ChunkSource {
  if (kind === 'iterable') return parts;
  const web = ReadableStream.from<string | Uint8Array>(parts);
  return kind === 'web' ? web : web.values();
}
