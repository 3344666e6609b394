import { Controller, Sse, type MessageEvent } from '@nestjs/common';
import { Observable, Subject } from 'rxjs';
import { afterEach, describe, expect, test } from '@jest/globals';
import {
  adapters,
  startApplication,
  type Adapter,
  type RunningApplication,
} from '../../test/support/application.js';
import { DrainableStream } from '../index.js';

/** Fresh for each stream: it is whole until an event has failed. */
let source: Subject<unknown>;

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

const hostile: Record<string, () => unknown> = {
  'an id getter that throws': () => ({
    data: 'x',
    get id(): string {
      throw new Error('no id');
    },
  }),
  'an id that is no text': () => ({ data: 'x', id: Object.create(null) as object }),
  'a revoked proxy': revoked,
};

@Controller()
class EventController {
  @Sse('bare')
  bare(): Observable<MessageEvent> {
    return source as Observable<MessageEvent>;
  }

  @Sse('finite')
  @DrainableStream()
  finite(): Observable<MessageEvent> {
    return source as Observable<MessageEvent>;
  }

  @Sse('bad-farewell')
  @DrainableStream({
    farewell: () => {
      throw new Error('no farewell');
    },
  })
  badFarewell(): Observable<MessageEvent> {
    return source as Observable<MessageEvent>;
  }
}

describe.each(adapters)('an event stream on %s', (adapter: Adapter) => {
  let running: RunningApplication;
  const start = async (): Promise<void> => {
    source = new Subject();
    running = await startApplication(adapter, {
      controllers: [EventController],
      options: { timeout: 10, retryAfter: 3 },
    });
  };
  const expire = () => {
    const report = running.drain.start('test');
    running.clock.advance(10_000);
    return report;
  };
  afterEach(() => running.close());

  test.each(Object.entries(hostile))(
    'law 9: %s ends a stream as it ends the bare route, and its source is stopped',
    async (_, event) => {
      await start();
      const bodies: string[] = [];
      for (const path of ['bare', 'finite']) {
        source = new Subject();
        const answer = await fetch(`${running.url}/${path}`);
        source.next(event());
        bodies.push(await answer.text());
        expect(source.observed).toBe(false);
      }
      expect(bodies[1]).toContain('event: error');
      expect(bodies[1]).toBe(bodies[0]);
    },
  );

  test('law 5: a farewell function that throws leaves no clean end', async () => {
    await start();
    const answer = await fetch(`${running.url}/bad-farewell`);
    source.next({ data: 'one' });
    const report = expire();
    await expect(answer.text()).rejects.toThrow();
    expect(await report).toMatchObject({ cancelled: 0, cut: 1 });
    expect(source.observed).toBe(false);
  });

  test('the farewell gives a Last-Event-ID back as the client sent it, in UTF-8', async () => {
    await start();
    const header = Buffer.from('é5').toString('latin1');
    const answer = await fetch(`${running.url}/finite`, { headers: { 'Last-Event-ID': header } });
    void expire();
    expect(await answer.text()).toContain('\nid: é5\n');
  });
});
