import {
  Controller,
  Sse,
  UseInterceptors,
  type CallHandler,
  type ExecutionContext,
  type MessageEvent,
  type NestInterceptor,
} from '@nestjs/common';
import { afterEach, describe, expect, test } from '@jest/globals';
import { NEVER, of, concat, type Observable } from 'rxjs';
import {
  adapters,
  startApplication,
  type Adapter,
  type RunningApplication,
} from '../../test/support/application.js';
import { DrainableStream } from '../index.js';

/** Answers in the place of the handler, as a cache does. */
const cached: NestInterceptor = {
  intercept: (_: ExecutionContext, _next: CallHandler) => concat(of({ data: 'kept' }), NEVER),
};

@Controller()
@UseInterceptors(cached)
class CachedController {
  @Sse('finite')
  @DrainableStream({ farewell: { type: 'bye', data: 'x' } })
  finite(): Observable<MessageEvent> {
    return NEVER;
  }

  @Sse('subscription')
  @DrainableStream({ kind: 'subscription' })
  subscription(): Observable<MessageEvent> {
    return NEVER;
  }
}

describe.each(adapters)("an interceptor's own events on %s", (adapter: Adapter) => {
  let running: RunningApplication;
  afterEach(() => running.close());

  test.each([
    ['finite', 'event: bye\ndata: x\n\n', { cancelled: 1, cut: 0 }],
    ['subscription', 'retry: 1000\n\n', { reconnect: 1, cut: 0 }],
  ])('law 5: end as those of a handler do: %s', async (path, last, counts) => {
    const options = { timeout: 10 };
    running = await startApplication(adapter, { controllers: [CachedController], options });
    const answer = await fetch(`${running.url}/${path}`);
    const reader = answer.body!.pipeThrough(new TextDecoderStream() as never).getReader();
    let text = '';
    while (!text.includes('kept\n\n')) text += String((await reader.read()).value);
    void running.drain.start('test');
    running.clock.advance(10_000);
    for (let result = await reader.read(); !result.done; result = await reader.read()) {
      text += String(result.value);
    }
    expect(text.trimStart()).toBe(`id: 1\ndata: kept\n\n${last}`);
    while (running.drain.streams.size > 0) await new Promise(setImmediate);
    expect(running.drain.streams.counts()).toMatchObject(counts);
  });
});
