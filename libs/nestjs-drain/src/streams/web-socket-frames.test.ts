import fc from 'fast-check';
import { expect, test } from '@jest/globals';
import { closeFrame, WebSocketFrames } from './web-socket-frames.js';

const head = Buffer.from('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n');

/** A frame with a payload of this length, its header as RFC 6455 wants it. */
function frame(length: number, isMasked: boolean): Buffer {
  const mask = isMasked ? 128 : 0;
  const header =
    length < 126
      ? Buffer.from([0x82, mask | length])
      : length < 65_536
        ? Buffer.from([0x82, mask | 126, length >> 8, length & 255])
        : Buffer.from([
            0x82,
            mask | 127,
            0,
            0,
            0,
            0,
            0,
            length >> 16,
            (length >> 8) & 255,
            length & 255,
          ]);
  // Payloads that look like headers and like the end of the head.
  return Buffer.concat([
    header,
    Buffer.alloc(isMasked ? 4 : 0),
    Buffer.alloc(length, '\r\n\r\n\x82'),
  ]);
}

const lengths = fc.oneof(
  fc.integer({ min: 0, max: 300 }),
  fc.constantFrom(125, 126, 65_535, 65_536, 70_000),
);
const frames = fc.array(fc.tuple(lengths, fc.boolean()), { minLength: 1, maxLength: 8 });

test('however the bytes are chunked, it knows the places between two frames', () => {
  fc.assert(
    fc.property(
      frames,
      fc.array(fc.integer({ min: 1, max: 9_000 }), { minLength: 1 }),
      (given, sizes) => {
        const written = [head, ...given.map(([length, isMasked]) => frame(length, isMasked))];
        const ends = new Set<number>();
        let end = 0;
        for (const part of written) ends.add((end += part.length));
        const bytes = Buffer.concat(written);
        const reader = new WebSocketFrames();
        for (let at = 0, turn = 0; at < bytes.length; turn++) {
          const chunk = bytes.subarray(at, at + sizes[turn % sizes.length]!);
          reader.follow(chunk);
          at += chunk.length;
          expect(reader.isBetween).toBe(ends.has(at));
        }
      },
    ),
  );
});

test('followFrame stops behind the frame under way', () => {
  const reader = new WebSocketFrames();
  reader.follow(Buffer.concat([head, frame(10, false).subarray(0, 5)]));
  const rest = Buffer.concat([frame(10, false).subarray(5), frame(3, false)]);
  expect(reader.followFrame(rest)).toBe(7);
  expect(reader.isBetween).toBe(true);
});

test('a close frame carries its code and its reason, unmasked', () => {
  const frame = Buffer.from(closeFrame(1012, 'retry-after=1'));
  expect([...frame.subarray(0, 4)]).toEqual([0x88, 15, 1012 >> 8, 1012 & 255]);
  expect(frame.subarray(4).toString()).toBe('retry-after=1');
});
