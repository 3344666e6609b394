import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { request, type IncomingMessage, type RequestOptions } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import {
  adapters,
  startApplication,
  type RunningApplication,
} from '../../test/support/application.js';
import type { ControlOptions } from '../index.js';

type Headers = Record<string, string>;

/** Every route, once; a `wait` that is let in is left open. */
const calls = ['GET status', 'GET wait', 'POST initiate', 'POST reset'] as const;

const callers: readonly [string, Headers, boolean, boolean, boolean][] = [
  // Name, headers, and whether it may change something: plainly, with a token, on the management port
  ['the pod itself', {}, true, false, true],
  ['a bearer', { Authorization: 'Bearer sesame' }, true, true, true],
  ['a proxy', { 'X-Real-IP': '127.0.0.1' }, false, false, false],
  ['a rebound name', { Host: 'evil.example' }, false, false, false],
  ['a browser', { 'User-Agent': 'Mozilla/5.0' }, false, false, false],
];

describe.each(adapters)('the control routes on %s', (adapter) => {
  let running: RunningApplication;
  const log = jest.spyOn(Logger.prototype, 'log').mockImplementation(() => undefined);
  jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);

  const start = async (control: ControlOptions): Promise<number> => {
    running = await startApplication(adapter, {
      options: { timeout: 100, propagationDelay: 50, control: { reset: true, ...control } },
    });
    if (control.port === undefined) return Number(new URL(running.url).port);
    const lines = log.mock.calls.map(([line]) => String(line)).reverse();
    return Number(/are on port (\d+)/.exec(lines.join('\n'))?.[1]);
  };

  /** `opened` for a wait that is not refused; else the status. */
  const outcome = async (
    port: number,
    call: string,
    headers: Headers,
  ): Promise<number | 'opened'> => {
    const [method, name] = call.split(' ');
    const asked = request({
      port,
      host: '127.0.0.1',
      method,
      path: `/shutdown/${name}`,
      headers,
      agent: false,
    });
    asked.on('error', () => undefined);
    asked.end();
    const started = new Promise<'opened'>((resolve) => {
      const unsubscribe = running.drain.events.subscribe(({ type }) => {
        if (type !== 'started' || name !== 'wait') return;
        unsubscribe();
        resolve('opened');
      });
    });
    const answered = once(asked, 'response').then(
      ([response]) => (response as IncomingMessage).statusCode!,
    );
    const result = await Promise.race([started, answered]);
    asked.destroy();
    if (running.drain.isShuttingDown) running.drain.reset();
    return result;
  };

  afterEach(() => running.close());

  test.each(callers)('%s is let in or refused, and a refusal changes nothing', async (...row) => {
    const [, headers, plainly, withToken, onManagementPort] = row;
    const settings: [ControlOptions, boolean][] = [
      [{}, plainly],
      [{ token: 'sesame' }, withToken],
      [{ port: 0, host: '127.0.0.1' }, onManagementPort],
    ];
    for (const [control, may] of settings) {
      const port = await start(control);
      for (const call of calls.filter((one) => one !== 'GET status')) {
        const expected = !may ? 403 : call === 'GET wait' ? 'opened' : 200;
        expect([control, call, await outcome(port, call, headers)]).toEqual([
          control,
          call,
          expected,
        ]);
        expect(running.drain.phase).toBe('serving');
      }
      await running.close();
    }
    await start({});
  });

  test('a Unix socket is refused with a remedy that helps, until it is named', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'drain-'));
    const socketPath = join(directory, 'socket');
    const statusOf = async (options: RequestOptions): Promise<[number, string]> => {
      const asked = request({ socketPath, path: '/shutdown/status', agent: false, ...options });
      asked.end();
      const [response] = (await once(asked, 'response')) as [IncomingMessage];
      let body = '';
      for await (const chunk of response) body += String(chunk);
      return [response.statusCode!, body];
    };
    const plain = await startOn(socketPath, {});
    expect(await statusOf({})).toEqual([
      403,
      expect.stringContaining('add \\"unix\\" to `control.allow`'),
    ]);
    await plain.close();
    const named = await startOn(socketPath, { allow: ['unix'] });
    expect((await statusOf({}))[0]).toBe(200);
    await named.close();
    running = await startOn(socketPath, { token: 'sesame' });
    expect((await statusOf({}))[0]).toBe(403);
    expect((await statusOf({ headers: { Authorization: 'Bearer sesame' } }))[0]).toBe(200);
    rmSync(directory, { recursive: true, force: true });
  });

  const startOn = (path: string, control: ControlOptions): Promise<RunningApplication> =>
    startApplication(adapter, {
      options: { control },
      listen: async (application) => {
        if (adapter === 'express') await application.listen(path);
        else await application.listen({ path } as never);
      },
    });
});
