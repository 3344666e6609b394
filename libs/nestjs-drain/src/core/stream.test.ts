import { describe, expect, it } from '@jest/globals';
import { ManualClock } from 'nestjs-drain-resume/testing';
import { admitted, type StreamScript } from '../../test/support/scripted-stream.js';
import { DrainEvents } from './events.js';
import { StreamAbortedError, type EndCause, type Stream } from './stream.js';
import { StreamRegistry } from './stream-registry.js';

function setUp(script: Partial<StreamScript> = {}) {
  const streams = new StreamRegistry(new ManualClock(), new DrainEvents());
  const stream = admitted(streams, 'finite', script);
  const outcome = () =>
    Object.entries(streams.counts())
      .filter(([name, count]) => count > 0 && name !== 'admitted')
      .map(([name]) => name);
  return { stream, handle: stream.handle, outcome };
}

const causeOf = (handle: Stream) => (handle.signal.reason as StreamAbortedError).cause;

describe('stream handle', () => {
  it('law 4: an end that was asked for is not a release: the response has to close first', () => {
    const { stream, handle, outcome } = setUp({ onEnd: 'stall' });
    handle.end('deadline');
    expect(handle.isReleased).toBe(false);
    expect(outcome()).toEqual([]);
    stream.close();
    expect(handle.isReleased).toBe(true);
    expect(outcome()).toEqual(['cancelled']);
  });

  it.each<[EndCause, string]>([
    ['deadline', 'cancelled'],
    ['reconnect', 'reconnect'],
    ['handedOff', 'handedOff'],
  ])('counts a stream ended for %s whose last bytes left as %s', (cause, outcome) => {
    const ended = setUp({ onEnd: 'deliver' });
    ended.handle.end(cause);
    expect(ended.outcome()).toEqual([outcome]);
    expect(ended.handle.endedFor).toBe(cause);
  });

  it.each<EndCause>(['deadline', 'reconnect'])(
    'law 5: a stream ended for %s whose last bytes are lost is cut',
    (cause) => {
      const broken = setUp({ onEnd: 'break' });
      broken.handle.end(cause);
      expect(broken.outcome()).toEqual(['cut']);
    },
  );

  it('law 5: a stream that cannot be ended with its farewell is destroyed and counted as cut', () => {
    const { stream, handle, outcome } = setUp({ onEnd: 'throw' });
    handle.end('deadline');
    expect(stream.destroys).toBe(1);
    expect(handle.isReleased).toBe(true);
    expect(outcome()).toEqual(['cut']);
  });

  it.each<StreamScript['onDestroy']>(['close', 'later', 'throw'])(
    'law 7: destruction releases whatever the transport does (%s)',
    (onDestroy) => {
      const { stream, handle, outcome } = setUp({ onEnd: 'throw', onDestroy });
      handle.end('reconnect');
      expect(handle.isReleased).toBe(true);
      stream.close(true);
      expect(outcome()).toEqual(['cut']);
    },
  );

  it('a resumable stream that was handed off is not lost with its connection', () => {
    const broken = setUp({ onEnd: 'break' });
    broken.handle.end('handedOff');
    expect(broken.outcome()).toEqual(['handedOff']);
    const stalled = setUp();
    stalled.handle.end('handedOff');
    stalled.handle.destroy();
    expect(stalled.outcome()).toEqual(['handedOff']);
  });

  it('ends once, for the first cause', () => {
    const { stream, handle } = setUp();
    handle.end('reconnect');
    handle.end('deadline');
    expect(stream.ends).toEqual(['reconnect']);
    expect(handle.endedFor).toBe('reconnect');
  });

  it('destroys once, and asks nothing of a stream that is gone', () => {
    const destroyed = setUp();
    destroyed.handle.destroy();
    destroyed.handle.destroy();
    destroyed.handle.end('deadline');
    expect([destroyed.stream.destroys, destroyed.stream.ends]).toEqual([1, []]);
    const gone = setUp();
    gone.stream.close();
    gone.handle.end('deadline');
    gone.handle.destroy();
    expect([gone.stream.destroys, gone.stream.ends, gone.handle.endedFor]).toEqual([
      0,
      [],
      undefined,
    ]);
    expect(gone.outcome()).toEqual(['completed']);
  });

  it('a stream destroyed without an end is cut, even where its transport says otherwise', () => {
    const { stream, handle, outcome } = setUp({ onDestroy: 'later' });
    handle.destroy();
    stream.close(true);
    expect(outcome()).toEqual(['cut']);
  });
});

describe('the signal of a stream', () => {
  it('law 5: aborts with the cause of the end, behind the farewell', () => {
    let abortedAtEnd: boolean | undefined;
    const streams = new StreamRegistry(new ManualClock(), new DrainEvents());
    const transport = {
      end: () => void (abortedAtEnd = handle.signal.aborted),
      destroy() {},
    };
    const handle = streams.admit({ kind: 'finite', route: '/' }, transport) as Stream;
    expect(handle.signal.aborted).toBe(false);
    handle.end('deadline');
    expect(abortedAtEnd).toBe(false);
    expect(handle.signal.aborted).toBe(true);
    expect(handle.signal.reason).toBeInstanceOf(StreamAbortedError);
    expect(causeOf(handle)).toBe('deadline');
    expect((handle.signal.reason as Error).message).toContain('shutting down');
  });

  it('aborts with the cause of the end where the end fails', () => {
    const { handle } = setUp({ onEnd: 'throw' });
    const { signal } = handle;
    handle.end('deadline');
    expect([signal.aborted, causeOf(handle)]).toEqual([true, 'deadline']);
  });

  it('aborts when the client leaves, and says so', () => {
    const { stream, handle } = setUp();
    let aborts = 0;
    handle.signal.addEventListener('abort', () => (aborts += 1));
    stream.close(false);
    expect([aborts, causeOf(handle)]).toEqual([1, 'disconnect']);
    expect((handle.signal.reason as Error).message).toContain('client left');
  });

  it('stays quiet when the stream ends by itself', () => {
    const { stream, handle } = setUp();
    stream.close(true);
    expect(handle.signal.aborted).toBe(false);
  });

  it('knows on its first use what happened before', () => {
    const { stream, handle } = setUp();
    handle.end('reconnect');
    stream.close(false);
    expect([handle.signal.aborted, causeOf(handle)]).toEqual([true, 'reconnect']);
    expect(handle.signal).toBe(handle.signal);
  });
});
