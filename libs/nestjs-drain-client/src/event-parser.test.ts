import fc from 'fast-check';
import { describe, expect, it } from '@jest/globals';
import { EventParser } from './event-parser.js';

const parse = (...pieces: string[]) => {
  const parser = new EventParser();
  return pieces.flatMap((piece) => parser.push(piece));
};

describe('event parser', () => {
  it('reads type, data and id', () => {
    expect(parse('event: word\nid: 7\ndata: hello\n\n')).toEqual([
      { type: 'word', id: '7', data: 'hello' },
    ]);
  });

  it('takes several data lines as one text, and keeps all but one leading space', () => {
    expect(parse('data: a\ndata:  b\ndata:c\ndata\n\n')[0]?.data).toBe('a\n b\nc\n');
  });

  it('gives the last id to the events behind it', () => {
    const events = parse('id: 1\ndata: a\n\ndata: b\n\nid\ndata: c\n\n');
    expect(events.map((event) => event.id)).toEqual(['1', '1', '']);
  });

  it('knows which events carry the id of another', () => {
    const parser = new EventParser();
    const events = parser.push('data: a\n\nid: 1\ndata: b\n\ndata: c\n\nid: 1\ndata: d\n\n');
    expect(events.map((event) => parser.carriesId(event))).toEqual([false, false, true, false]);
  });

  it('takes no comment, no unknown field, no event without data and no unfinished one for an event', () => {
    expect(parse(': hello\n\nevent: empty\n\nfoo: bar\n\ndata: unfinished\n')).toEqual([]);
  });

  it('forgets the type of an event without data', () => {
    expect(parse('event: empty\n\ndata: a\n\n')[0]?.type).toBe('message');
  });

  it('ignores an id with NUL and a retry that is no number', () => {
    const parser = new EventParser();
    expect(parser.push('id: a\0b\nretry: 1s\ndata: x\n\n')[0]?.id).toBe('');
    expect(parser.retry).toBeUndefined();
    parser.push('retry: 1500\n');
    expect(parser.retry).toBe(1500);
  });

  it('reads the same however the stream is cut and whichever line end it uses', () => {
    const text = 'id: 1\r\ndata: é→🐘\ndata: b\r\rretry: 5\n: c\r\n\r\nevent: x\rdata\n\n';
    const whole = parse(text);
    expect(whole).toHaveLength(2);
    fc.assert(
      fc.property(fc.array(fc.nat(text.length), { maxLength: 12 }), (cuts) => {
        const places = [0, ...cuts.sort((one, other) => one - other), text.length];
        const pieces = places.slice(1).map((end, index) => text.slice(places[index], end));
        expect(parse(...pieces)).toEqual(whole);
      }),
    );
  });
});
