import type { IncomingMessage, ServerResponse } from 'node:http';
import { expect, it } from '@jest/globals';
import { createParser } from 'eventsource-parser';
import fc from 'fast-check';
import { ManualClock } from 'nestjs-drain-resume/testing';
import { Heartbeats } from './heartbeats.js';
import { HttpTransport } from './http-stream.js';

/** An event stream that takes every write at once. */
function written(): {
  transport: HttpTransport;
  write: (chunk: string | Uint8Array) => void;
  all: () => string;
} {
  const chunks: Buffer[] = [];
  const response = {
    headersSent: true,
    writableEnded: false,
    destroyed: false,
    writableLength: 0,
    getHeader: (name: string) => (name === 'content-type' ? 'text/event-stream' : undefined),
    write: (chunk: string | Uint8Array) => chunks.push(Buffer.from(chunk as string)),
  };
  const request = {
    httpVersionMajor: 1,
    socket: { bytesWritten: 0, writableLength: 0 },
  } as unknown as IncomingMessage;
  const held = response as unknown as ServerResponse;
  const transport = new HttpTransport('finite', 'bye', 1, request, held);
  return {
    transport,
    write: (chunk) => void response.write(chunk),
    all: () => Buffer.concat(chunks).toString(),
  };
}

/** Behind a CR a parser waits for an LF, so something follows. */
function parsed(text: string): object[] {
  const events: object[] = [];
  createParser({ onEvent: ({ id, event, data }) => events.push({ id, event, data }) }).feed(
    `${text}:\n`,
  );
  return events;
}

/** The last line is over, and it was blank. */
function isBetweenEvents(bytes: Buffer): boolean {
  const [rest, last] = bytes
    .toString()
    .split(/\r\n|\n|\r/)
    .reverse();
  return rest === '' && (last === '' || last === undefined);
}

const isHeartbeat = /:\n\n/g;

const line = fc.oneof(
  fc.constantFrom('', '', 'data', 'data:', 'retry: 5', 'id: 1', 'event: x'),
  fc
    .string({ maxLength: 5, unit: fc.constantFrom('ä', '€', 'x', ' ', ';') })
    .map((text) => `data: ${text}`),
);
const lineEnd = fc.constantFrom('\n', '\r\n', '\r');
const stream = fc
  .tuple(fc.array(line, { maxLength: 12 }), lineEnd)
  .map(([lines, end]) => lines.map((one) => one + end).join(''));

it('no heartbeat is inside an event, wherever the writes split it, and none is missing between two', () => {
  fc.assert(
    fc.property(
      stream,
      fc.array(fc.nat(), { maxLength: 12 }),
      fc.array(fc.tuple(fc.boolean(), fc.boolean()), { minLength: 13, maxLength: 13 }),
      (text, cuts, [...steps]) => {
        const bytes = Buffer.from(text);
        const clock = new ManualClock();
        const { transport, write, all } = written();
        new Heartbeats(clock, 10).keep(transport);
        const places = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort(
          (a, b) => a - b,
        );
        let from = 0;
        for (const to of [...places, bytes.length]) {
          const chunk = bytes.subarray(from, to);
          const [asText, isSilent] = steps.shift()!;
          // Half a character cannot be written as a text.
          const isWhole = Buffer.from(chunk.toString()).equals(chunk);
          write(asText && isWhole ? chunk.toString() : chunk);
          const before = all().length;
          if (isSilent) clock.advance(20_000);
          expect(all().length > before).toBe(isSilent && isBetweenEvents(bytes.subarray(0, to)));
          from = to;
        }
        expect(parsed(all())).toEqual(parsed(text));
        expect(all().replace(isHeartbeat, '')).toBe(text.replace(isHeartbeat, ''));
      },
    ),
    { numRuns: 1000 },
  );
});
