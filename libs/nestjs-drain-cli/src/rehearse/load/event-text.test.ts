import { describe, expect, it } from '@jest/globals';
import { EventText, type Block } from './event-text.js';

const text = ': hello\n\nretry: 50\n\nid: 1\nretry: 60\nevent: a\ndata: b\ndata: c\n\nid: 2\n\n';

describe('the text of events', () => {
  it.each([
    ['\n', text.length],
    ['\n', 1],
    ['\r\n', 1],
    ['\r\n', 7],
    ['\r', 1],
  ])('is read block by block, with line ends %j in pieces of %i characters', (lineEnd, length) => {
    const { events, retries, blocks } = read(text.replaceAll('\n', lineEnd), length);
    expect(events).toEqual([{ event: 'a', data: 'b\nc', id: '1' }]);
    expect(retries).toEqual([50, 60]);
    expect(blocks).toEqual([
      { event: false, retry: false, comment: true },
      { event: false, retry: true, comment: false },
      { event: true, retry: true, comment: false },
    ]);
  });

  it('counts the lines of an unfinished block, which is no event', () => {
    const { events, retries, blocks } = read('retry: 50\ndata: a\n', 100);
    expect([events, retries]).toEqual([[], [50]]);
    expect(blocks).toEqual([{ event: true, retry: true, comment: false }]);
  });
});

function read(all: string, length: number) {
  const [events, retries, blocks]: [unknown[], number[], Block[]] = [[], [], []];
  const reader = new EventText({
    event: (event) => events.push(event),
    retry: (milliseconds) => retries.push(milliseconds),
    block: (block) => {
      if (block.event || block.retry || block.comment) blocks.push(block);
    },
  });
  for (let at = 0; at < all.length; at += length) reader.read(all.slice(at, at + length));
  reader.end();
  return { events, retries, blocks };
}
