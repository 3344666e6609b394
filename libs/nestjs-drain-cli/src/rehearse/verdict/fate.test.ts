import { describe, expect, it } from '@jest/globals';
import { newAttempt, type Attempt, type Stream } from '../load/stream.js';
import { fateOf } from './fate.js';

describe('the fate of a stream', () => {
  it('is complete when its terminal event came in one piece', () => {
    expect(fateOf(stream({ terminal: 'done' }, { ending: 'clean' }))).toBe('complete');
  });

  it('is complete when everything came, though the connection broke after the terminal event', () => {
    expect(fateOf(stream({ terminal: 'done' }, { ending: 'reset' }))).toBe('complete');
  });

  it('is cut when it ended cleanly without a terminal event', () => {
    expect(fateOf(stream({}, { ending: 'clean', status: 200 }))).toBe('cut');
  });

  it('is cut when it broke off, even before its first byte', () => {
    expect(fateOf(stream({}, { ending: 'reset', status: 200 }))).toBe('cut');
  });

  it('is cut when it fell silent on the way, refused when it was never answered', () => {
    expect(fateOf(stream({}, { ending: 'idle', firstByteAt: 3 }))).toBe('cut');
    expect(fateOf(stream({}, { ending: 'idle' }))).toBe('refused');
  });

  it('is refused when it was turned away or broken before an answer', () => {
    expect(fateOf(stream({}, { ending: 'status', status: 503, firstByteAt: 3 }))).toBe('refused');
    expect(fateOf(stream({}, { ending: 'refused' }))).toBe('refused');
  });

  it('is cut when it had begun and was then turned away for good', () => {
    const attempts: Partial<Attempt>[] = [{ ending: 'reset' }, { ending: 'status', status: 503 }];
    expect(fateOf(stream({ events: 4 }, ...attempts))).toBe('cut');
  });

  it('is told when the server said so, even if a terminal event followed', () => {
    const told = { ending: 'clean', told: 'response.incomplete' } as const;
    expect(fateOf(stream({}, told))).toBe('told');
    expect(fateOf(stream({ terminal: '[DONE]' }, told))).toBe('told');
  });

  it('is resumed when it broke off and came back without a gap', () => {
    const attempts: Partial<Attempt>[] = [{ ending: 'reset' }, { ending: 'closed' }];
    expect(fateOf(stream({ open: true }, ...attempts))).toBe('resumed');
    expect(fateOf(stream({ terminal: 'done' }, ...attempts))).toBe('resumed');
  });

  it('is told when every interruption of a subscription was', () => {
    const attempts: Partial<Attempt>[] = [
      { ending: 'clean', told: 'retry: 50' },
      { ending: 'closed' },
    ];
    expect(fateOf(stream({ open: true }, ...attempts))).toBe('told');
  });

  it('is cut when it came back with a gap', () => {
    const attempts: Partial<Attempt>[] = [{ ending: 'reset' }, { ending: 'closed' }];
    expect(fateOf(stream({ open: true, gap: '3 events' }, ...attempts))).toBe('cut');
  });

  it('of a subscription still open at the end is complete, of a finite stream unfinished', () => {
    expect(fateOf(stream({ open: true }, { ending: 'closed' }))).toBe('complete');
    expect(fateOf(stream({ open: true, kind: 'post' }, { ending: 'closed' }))).toBe('unfinished');
  });

  it('of a WebSocket follows its close code', () => {
    expect(fateOf(stream({ kind: 'websocket' }, { ending: 'clean', status: 1000 }))).toBe(
      'complete',
    );
    expect(fateOf(stream({ kind: 'websocket' }, { ending: 'clean', status: 1011 }))).toBe('cut');
  });
});

function stream(own: Partial<Stream>, ...attempts: Partial<Attempt>[]): Stream {
  return {
    id: 1,
    client: 1,
    kind: 'sse',
    request: 'GET /events',
    events: 0,
    connected: false,
    open: false,
    ...own,
    attempts: attempts.map((attempt) => ({ ...newAttempt(0), ...attempt })),
  };
}
