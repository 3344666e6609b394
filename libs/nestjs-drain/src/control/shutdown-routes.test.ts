import { Controller, type MessageEvent, Sse } from '@nestjs/common';
import { type Observable, Subject } from 'rxjs';
import { afterEach, describe, expect, test } from '@jest/globals';
import {
  adapters,
  nextEvent,
  type RunningApplication,
  startApplication,
} from '../../test/support/application.js';
import { DrainableStream, type GracefulShutdownOptions } from '../index.js';

let source: Subject<MessageEvent>;

@Controller()
class AnswerController {
  @Sse('answer')
  @DrainableStream()
  answer(): Observable<MessageEvent> {
    return source;
  }
}

describe.each(adapters)('the shutdown routes on %s', (adapter) => {
  let running: RunningApplication;

  const start = async (options: GracefulShutdownOptions = {}): Promise<void> => {
    source = new Subject();
    running = await startApplication(adapter, {
      controllers: [AnswerController],
      options: { timeout: 10, ...options },
    });
  };

  const call = (path: string, init: RequestInit = {}): Promise<Response> =>
    fetch(`${running.url}/shutdown/${path}`, init);

  afterEach(async () => {
    source.complete();
    await running.close();
  });

  test.each(['GET', 'POST'])(
    '%s wait answers when the drain has ended, and closes',
    async (method) => {
      await start();
      const answer = await fetch(`${running.url}/answer`);
      const waiting = call('wait', { method });
      await nextEvent(running.drain, 'started');
      source.complete();
      await answer.text();
      const response = await waiting;
      expect(response.status).toBe(200);
      expect(response.headers.get('connection')).toBe('close');
      expect(await response.json()).toMatchObject({
        status: 'completed',
        active_streams: 0,
        cancelled_streams: 0,
        waited_seconds: 0,
        active_before: 1,
        completed: 1,
      });
    },
  );

  test('concurrent and repeated waits join; a caller that hangs up changes nothing', async () => {
    await start();
    const answer = await fetch(`${running.url}/answer`);
    const leaving = new AbortController();
    const started = nextEvent(running.drain, 'started');
    const left = call('wait', { signal: leaving.signal }).catch(() => 'left');
    await started;
    const joined = nextEvent(running.drain, 'joined');
    const second = call('wait');
    await joined;
    leaving.abort();
    expect(await left).toBe('left');
    running.clock.advance(10_000);
    await answer.text();
    const report = (await (await second).json()) as object;
    expect(report).toMatchObject({ status: 'timeout', cancelled_streams: 1, waited_seconds: 10 });
    expect(await (await call('wait')).json()).toEqual(report);
  });

  test('initiate returns at once, and status watches without being counted', async () => {
    await start({ propagationDelay: 2 });
    const initiated = await call('initiate', { method: 'POST' });
    expect(await initiated.json()).toMatchObject({
      status: 'shutdown_initiated',
      phase: 'lameDuck',
      shutting_down: true,
    });
    const again = await call('initiate', { method: 'POST' });
    expect(await again.json()).toMatchObject({ status: 'already_shutting_down' });
    expect(await (await call('status')).json()).toEqual({
      phase: 'lameDuck',
      shutting_down: true,
      active_streams: 0,
      in_flight_requests: 0,
      in_flight_messages: 0,
      running_tasks: 0,
      seconds_left: 10,
      timeout_seconds: 10,
      propagation_delay_seconds: 2,
      flush_timeout_seconds: 2,
      termination_grace_period_seconds: null,
    });
  });

  test('reset exists only where it is enabled, and refuses once something was closed', async () => {
    await start();
    expect((await call('reset', { method: 'POST' })).status).toBe(404);
    await running.close();
    await start({ control: { reset: true } });
    await call('initiate', { method: 'POST' });
    expect(await (await call('reset', { method: 'POST' })).json()).toMatchObject({
      phase: 'serving',
    });
    const answer = await fetch(`${running.url}/answer`);
    await call('initiate', { method: 'POST' });
    running.clock.advance(10_000);
    await answer.text();
    const late = await call('reset', { method: 'POST' });
    expect(late.status).toBe(409);
    expect(await late.text()).toContain('start a new one');
  });

  test('a wait that is reset away is told so', async () => {
    await start({ control: { reset: true }, propagationDelay: 5 });
    const waiting = call('wait');
    await nextEvent(running.drain, 'started');
    await call('reset', { method: 'POST' });
    expect((await waiting).status).toBe(409);
  });

  test('they can be moved and left out', async () => {
    await start({
      control: { path: 'internal/drain' },
      health: { liveness: 'livez', startup: false },
    });
    expect((await fetch(`${running.url}/internal/drain/status`)).status).toBe(200);
    expect((await fetch(`${running.url}/livez`)).status).toBe(200);
    expect((await fetch(`${running.url}/startup`)).status).toBe(404);
    await running.close();
    await start({ control: false, health: false });
    expect((await call('status')).status).toBe(404);
    expect((await fetch(`${running.url}/health`)).status).toBe(404);
  });
});
