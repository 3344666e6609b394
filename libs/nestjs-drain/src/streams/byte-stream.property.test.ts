import type { IncomingMessage, ServerResponse } from 'node:http';
import { Logger } from '@nestjs/common';
import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ManualClock } from 'nestjs-drain-resume/testing';
import { endOfTurn } from '../../test/support/turn.js';
import { DrainEvents } from '../core/events.js';
import type { StreamKind } from '../core/stream.js';
import { StreamRegistry } from '../core/stream-registry.js';
import { ByteStream } from './byte-stream.js';
import type { Farewell } from './farewell.js';
import { type HttpStream, HttpTransport } from './http-stream.js';

/** How a source answers each call, and what becomes of it when it is stopped. */
interface SourceScript {
  /** `now`: settled before it is asked. `later`: when the test lets it. */
  readonly answers: 'now' | 'later';
  readonly chunks: number;
  readonly last: 'done' | 'error' | 'silence';
  readonly onReturn: 'resolves' | 'hangs' | 'rejects' | 'throws' | 'is missing';
}

class Source implements AsyncIterator<unknown> {
  #sent = 0;
  #pending: (() => void)[] = [];
  stopped = 0;
  declare readonly return?: () => Promise<IteratorResult<unknown>>;

  constructor(private readonly script: SourceScript) {
    if (script.onReturn !== 'is missing') this.return = () => this.#stop();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<unknown>> {
    if (this.script.answers === 'now') return this.#answer();
    return new Promise((resolve, reject) => {
      this.#pending.push(() => void this.#answer().then(resolve, reject));
    });
  }

  supply(): void {
    this.#pending.shift()?.();
  }

  #answer(): Promise<IteratorResult<unknown>> {
    if (this.#sent < this.script.chunks) {
      this.#sent += 1;
      return Promise.resolve({ done: false, value: `chunk ${this.#sent}` });
    }
    if (this.script.last === 'error') return Promise.reject(new Error('broken source'));
    if (this.script.last === 'silence') return new Promise(() => undefined);
    return Promise.resolve({ done: true, value: undefined });
  }

  #stop(): Promise<IteratorResult<unknown>> {
    this.stopped += 1;
    const { onReturn } = this.script;
    if (onReturn === 'throws') throw new Error('cannot be stopped');
    if (onReturn === 'rejects') return Promise.reject(new Error('cannot be stopped'));
    if (onReturn === 'hangs') return new Promise(() => undefined);
    return Promise.resolve({ done: true, value: undefined });
  }
}

/** A reader that asks when it is told to, one chunk at a time, as Readable.from() and ReadableStream do. */
class Reader {
  readonly got: unknown[] = [];
  isAsking = false;
  end: 'done' | 'error' | undefined;

  constructor(private readonly bytes: ByteStream) {}

  ask(): void {
    if (this.isAsking || this.end) return;
    this.isAsking = true;
    this.bytes.next().then(
      ({ done, value }) => {
        this.isAsking = false;
        if (done) this.end = 'done';
        else this.got.push(value instanceof Uint8Array ? new TextDecoder().decode(value) : value);
      },
      () => {
        this.isAsking = false;
        this.end = 'error';
      },
    );
  }
}

const script = fc.record<SourceScript>({
  answers: fc.constantFrom('now', 'later'),
  chunks: fc.nat(4),
  last: fc.constantFrom('done', 'error', 'silence'),
  onReturn: fc.constantFrom('resolves', 'hangs', 'rejects', 'throws', 'is missing'),
});
const steps = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom('ask', 'supply', 'endOfTurn') },
    { weight: 1, arbitrary: fc.constant('deadline') },
  ),
  { maxLength: 25 },
);

function open(kind: StreamKind, farewell: Farewell) {
  const streams = new StreamRegistry(new ManualClock(), new DrainEvents());
  const calls = { destroyed: 0 };
  const response = {
    writableEnded: false,
    headersSent: false,
    getHeader: () => undefined,
    destroy: () => (calls.destroyed += 1),
  } as unknown as ServerResponse;
  const request = {
    httpVersionMajor: 1,
    socket: { bytesWritten: 0, writableLength: 0 },
  } as unknown as IncomingMessage;
  const transport = new HttpTransport(kind, farewell, 1, request, response);
  const stream = streams.admit({ kind, route: '/' }, transport) as HttpStream;
  return { stream, streams, calls };
}

// It says that the event is no chunk.
Logger.overrideLogger(false);

it('law 5: whatever the pace of source and reader, no farewell is lost, none is too many, and no end is false', async () => {
  await fc.assert(
    fc.asyncProperty(
      script,
      steps,
      fc.constantFrom<StreamKind>('finite', 'subscription'),
      fc.constantFrom<Farewell>('goodbye', { type: 'event', data: 'is no chunk' }),
      async (script, steps, kind, farewell) => {
        const { stream, streams, calls } = open(kind, farewell);
        const source = new Source(script);
        const reader = new Reader(new ByteStream(source, stream));
        let chunksAtEnd: number | undefined;
        for (const step of steps) {
          if (step === 'ask') reader.ask();
          else if (step === 'supply') source.supply();
          else if (step === 'endOfTurn') await endOfTurn();
          else {
            stream.end(kind === 'finite' ? 'deadline' : 'reconnect');
            // A call that was open is answered in the turn of the end.
            await endOfTurn();
            if (!stream.endedFor) continue;
            expect(reader.isAsking).toBe(false);
            chunksAtEnd ??= reader.got.filter((one) => one !== 'goodbye').length;
          }
        }
        // The reader reads on, as slowly as it likes, and the source gives what it still has.
        for (let turn = 0; turn < 12; turn += 1) {
          reader.ask();
          source.supply();
          await endOfTurn();
        }
        const chunks = reader.got.filter((one) => one !== 'goodbye');
        expect(chunks).toEqual(
          Array.from({ length: chunks.length }, (_, index) => `chunk ${index + 1}`),
        );
        const farewells = reader.got.length - chunks.length;
        if (!stream.endedFor) {
          expect([farewells, calls.destroyed]).toEqual([0, 0]);
          if (reader.end === 'done') expect(chunks).toHaveLength(script.chunks);
          return;
        }
        const speaks = kind === 'finite' && farewell === 'goodbye';
        const failed = reader.end === 'error' && calls.destroyed === 0;
        if (failed) return expect([script.last, farewells]).toEqual(['error', 0]);
        expect(farewells).toBe(speaks ? 1 : 0);
        if (speaks) expect(reader.got.at(-1)).toBe('goodbye');
        expect(chunks).toHaveLength(chunksAtEnd ?? 0);
        const isCut = kind === 'finite' && !speaks;
        expect([reader.end, calls.destroyed]).toEqual(isCut ? ['error', 1] : ['done', 0]);
        expect(streams.counts().cut).toBe(isCut ? 1 : 0);
        return undefined;
      },
    ),
    { numRuns: 500 },
  );
}, 120_000);
