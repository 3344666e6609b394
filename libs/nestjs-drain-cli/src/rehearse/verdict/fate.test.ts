import { describe, expect, it } from '@jest/globals';
import { newAttempt, type Attempt, type Stream } from '../load/stream.js';
import { fateOf, liveContext, type Fate, type FateContext } from './fate.js';

describe('the fate of a stream', () => {
  it('is complete when its terminal event came in one piece', () => {
    expect(fate(stream({ terminal: 'done' }, { ending: 'clean' }))).toBe('complete');
  });

  it('is complete when everything came, though the connection broke after the terminal event', () => {
    expect(fate(stream({ terminal: 'done' }, { ending: 'reset' }))).toBe('complete');
  });

  it('is cut when it ended cleanly without a terminal event', () => {
    const ended = stream({}, { ending: 'clean', status: 200 });
    expect(fate({ ...ended, named: true })).toBe('cut');
    expect(fate(ended, { endsKnown: true })).toBe('cut');
    expect(fate(ended)).toBe('unknown');
  });

  it('is cut when it broke off, even before its first byte', () => {
    expect(fate(stream({}, { ending: 'reset', status: 200 }))).toBe('cut');
  });

  it('is cut when it fell silent on the way, refused when it was never answered', () => {
    expect(fate(stream({}, { ending: 'idle', firstByteAt: 3 }))).toBe('cut');
    expect(fate(stream({}, { ending: 'idle' }))).toBe('refused');
  });

  it('is refused when it was turned away or broken before an answer', () => {
    expect(fate(stream({}, { ending: 'status', status: 503, firstByteAt: 3 }))).toBe('refused');
    expect(fate(stream({}, { ending: 'refused' }))).toBe('refused');
  });

  it('is cut when it had begun and was then turned away for good', () => {
    const attempts: Partial<Attempt>[] = [{ ending: 'reset' }, { ending: 'status', status: 503 }];
    expect(fate(stream({ events: 4 }, ...attempts))).toBe('cut');
  });

  it('is told when the server said so, even if a terminal event followed', () => {
    const told = { ending: 'clean', told: 'response.incomplete' } as const;
    expect(fate(stream({}, told))).toBe('told');
    expect(fate(stream({ terminal: '[DONE]' }, told))).toBe('told');
  });

  it('is resumed when it broke off and came back without a gap', () => {
    const attempts: Partial<Attempt>[] = [{ ending: 'reset' }, { ending: 'closed' }];
    expect(fate(stream({ open: true }, ...attempts))).toBe('resumed');
    expect(fate(stream({ terminal: 'done' }, ...attempts))).toBe('resumed');
  });

  it('is told when every interruption of a subscription was', () => {
    const attempts: Partial<Attempt>[] = [
      { ending: 'clean', told: 'retry: 50' },
      { ending: 'closed' },
    ];
    expect(fate(stream({ open: true }, ...attempts))).toBe('told');
  });

  it('is told, not resumed, when it began again as told and was only refused in between', () => {
    const attempts: Partial<Attempt>[] = [
      { ending: 'clean', told: 'retry: 50' },
      { ending: 'refused' },
      { ending: 'closed' },
    ];
    expect(fate(stream({ open: true, restarted: true }, ...attempts))).toBe('told');
    expect(fate(stream({ open: true }, ...attempts))).toBe('resumed');
  });

  it('is cut when it came back with a gap', () => {
    const attempts: Partial<Attempt>[] = [{ ending: 'reset' }, { ending: 'closed' }];
    expect(fate(stream({ open: true, gap: '3 events' }, ...attempts))).toBe('cut');
  });

  it('is unknown when it ended cleanly and began again, cut where an end is known', () => {
    const attempts: Partial<Attempt>[] = [{ ending: 'clean' }, { ending: 'closed' }];
    const anew = stream({ open: true, anew: 'ids from 1 on' }, ...attempts);
    expect(fate(anew)).toBe('unknown');
    expect(fate({ ...anew, named: true })).toBe('cut');
    expect(fate(anew, { endsKnown: true })).toBe('cut');
    expect(fate({ ...anew, gap: '3 events' })).toBe('cut');
  });

  it('is unknown when it came back after a clean end and no event has said how', () => {
    const attempts: Partial<Attempt>[] = [{ ending: 'clean' }, { ending: 'closed' }];
    expect(fate(stream({ open: true, awaited: true }, ...attempts))).toBe('unknown');
    expect(fate(stream({ open: true, awaited: false }, ...attempts))).toBe('resumed');
  });

  it('is cut when it began again after a clean end and then broke off for good', () => {
    const attempts: Partial<Attempt>[] = [{ ending: 'clean' }, { ending: 'reset' }];
    expect(fate(stream({ anew: 'ids from 1 on' }, ...attempts))).toBe('cut');
  });

  it('is unknown when a farewell came only after an interruption that nothing explains', () => {
    const attempts: Partial<Attempt>[] = [
      { ending: 'clean' },
      { ending: 'clean', told: 'retry: 50' },
    ];
    expect(fate(stream({ anew: 'ids from 1 on' }, ...attempts))).toBe('unknown');
    expect(fate(stream({ doubt: 'ids' }, ...attempts))).toBe('unknown');
  });

  it('of a subscription still open at the end is complete, of a finite stream unfinished', () => {
    expect(fate(stream({ open: true }, { ending: 'closed' }))).toBe('complete');
    expect(fate(stream({ open: true, kind: 'post' }, { ending: 'closed' }))).toBe('unfinished');
  });

  it.each(['sse', 'websocket'] as const)(
    'of a %s stream still open is unfinished where others of its request had an end',
    (kind) => {
      const open = stream({ open: true, kind }, { ending: 'closed' });
      expect(fate(open, { endsKnown: true })).toBe('unfinished');
    },
  );

  it.each<[string, boolean, Fate]>([
    ['closed with 1000', false, 'unknown'],
    ['closed with 1000 where the user named an end', true, 'cut'],
  ])('of a WebSocket %s', (_, named, expected) => {
    const closed = stream({ kind: 'websocket', named }, { ending: 'clean', status: 1000 });
    expect(fate(closed)).toBe(expected);
  });

  it('of a WebSocket closed with another code is cut', () => {
    expect(fate(stream({ kind: 'websocket' }, { ending: 'clean', status: 1011 }))).toBe('cut');
  });

  it('is cut when a pod that was serving said farewell: the service failed', () => {
    const serving = { ending: () => false };
    expect(fate(stream({}, { ending: 'clean', told: 'error' }), serving)).toBe('cut');
    const askedBack = { ending: 'clean', told: 'retry: 50', askedBack: true } as const;
    expect(fate(stream({ open: true }, askedBack, { ending: 'closed' }), serving)).toBe('told');
  });

  it('is cut when its own framing says that it broke off', () => {
    expect(fate(stream({ broken: 'in the middle' }, { ending: 'clean' }))).toBe('cut');
  });

  it('is unknown when it came back and its ids do not tell what was missed', () => {
    const attempts: Partial<Attempt>[] = [{ ending: 'reset' }, { ending: 'closed' }];
    expect(fate(stream({ open: true, doubt: 'ids' }, ...attempts))).toBe('unknown');
  });
});

function fate(one: Stream, own: Partial<FateContext> = {}): Fate {
  return fateOf(one, { ...liveContext, ...own });
}

function stream(own: Partial<Stream>, ...attempts: Partial<Attempt>[]): Stream {
  return {
    id: 1,
    client: 1,
    kind: 'sse',
    request: 'GET /events',
    events: 0,
    named: false,
    connected: false,
    open: false,
    ...own,
    attempts: attempts.map((attempt) => ({ ...newAttempt(0), ...attempt })),
  };
}
