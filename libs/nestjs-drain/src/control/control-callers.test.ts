import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request, type IncomingMessage, type RequestOptions } from 'node:http';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import {
  adapters,
  nextEvent,
  startApplication,
  type Adapter,
  type RunningApplication,
} from '../../test/support/application.js';
import { accessPage, type AccessRow } from '../../test/support/access-page.js';
import { proxyHeaders } from '../../test/support/proxy-headers.js';
import type { ControlOptions } from '../index.js';

type Headers = Record<string, string>;

/** Every route, once; a `wait` that is let in is left open. */
const calls = ['GET status', 'GET wait', 'POST initiate', 'POST reset'] as const;

const token = { Authorization: 'Bearer sesame' };
const kubelet = { 'User-Agent': 'kube-lifecycle/1.36' };
const pod = '10.0.0.7';

/** Name, address and headers. */
const callers: readonly [string, string, Headers][] = [
  ['the pod itself (loopback)', '127.0.0.1', {}],
  ["the library's exec hook (loopback)", '127.0.0.1', { 'User-Agent': 'kube-lifecycle/exec' }],
  ["the kubelet's httpGet hook (private address)", pod, kubelet],
  ['another pod', pod, {}],
  ['another pod that writes the user agent of the kubelet', pod, kubelet],
  ['a public address', '203.0.113.9', {}],
  ['a public address that writes the user agent of the kubelet', '203.0.113.9', kubelet],
  ['a browser in the pod (port-forward)', '127.0.0.1', { 'User-Agent': 'Mozilla/5.0' }],
  ['a page of another site', '127.0.0.1', { Origin: 'https://example.com' }],
  ['a page after DNS rebinding', '127.0.0.1', { Host: 'evil.example' }],
  ['a caller by the name of the Service', pod, { ...kubelet, Host: 'chat-shell' }],
  ['anyone through a proxy', '127.0.0.1', { ...kubelet, 'X-Forwarded-For': '203.0.113.9' }],
];

const settings: readonly [string, ControlOptions, Headers][] = [
  ['the default', {}, {}],
  ['`control.token`, call without it', { token: 'sesame' }, {}],
  ['`control.token`, call with it', { token: 'sesame' }, token],
  ['`control.port`', { port: 0, host: '127.0.0.1' }, {}],
  ['both, call with the token', { port: 0, host: '127.0.0.1', token: 'sesame' }, token],
  ["`control.allow: ['10.0.0.0/8']`", { allow: ['10.0.0.0/8'] }, {}],
];

describe.each(adapters)('the control routes on %s', (adapter) => {
  let running: RunningApplication;
  let port = 0;
  let address = '';
  const log = jest.spyOn(Logger.prototype, 'log').mockImplementation(() => undefined);
  jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);

  /** Every connection seems to come from `address`: a test has loopback only. */
  const pretend = (message: unknown): void => {
    const { socket } = message as { socket: Socket };
    Object.defineProperty(socket, 'remoteAddress', { get: () => address });
  };
  beforeAll(() => void subscribe('net.server.socket', pretend));
  afterAll(() => void unsubscribe('net.server.socket', pretend));
  afterEach(() => running.close());

  const start = async (control: ControlOptions): Promise<void> => {
    running = await startApplication(adapter, {
      options: { timeout: 100, propagationDelay: 50, control: { reset: true, ...control } },
    });
    const lines = log.mock.calls.map(([line]) => String(line)).reverse();
    port = Number(
      control.port === undefined
        ? new URL(running.url).port
        : /are on port (\d+)/.exec(lines.join('\n'))?.[1],
    );
  };

  /** Whether the call was let in; a refusal must be a 403 that has changed nothing. */
  const isAllowed = async (call: string, from: string, headers: Headers): Promise<boolean> => {
    const [method, name] = call.split(' ');
    address = from;
    const path = `/shutdown/${name}`;
    const asked = request({ port, host: '127.0.0.1', method, path, headers, agent: false });
    asked.on('error', () => undefined).end();
    const opened = name === 'wait' ? [nextEvent(running.drain, 'started')] : [];
    const answered = once(asked, 'response') as Promise<[IncomingMessage]>;
    const status = await Promise.race([
      ...opened.map((each) => each.then(() => 'opened' as const)),
      answered.then(([{ statusCode }]) => statusCode),
    ]);
    asked.destroy();
    if (status === 403) expect(running.drain.phase).toBe('serving');
    else expect(['opened', 200, 409]).toContain(status);
    if (running.drain.isShuttingDown) running.drain.reset();
    return status !== 403;
  };

  test.each(settings)('%s: who is let in', async (name, control, headers) => {
    await start(control);
    for (const [caller, from, own] of callers) {
      const may: boolean[] = [];
      for (const call of calls) may.push(await isAllowed(call, from, { ...headers, ...own }));
      seen[adapter].push({ setting: name, caller, may });
    }
    for (const header of proxyHeaders) {
      for (const call of calls) {
        const passedOn = { ...headers, ...kubelet, [header]: '1' };
        expect([header, call, await isAllowed(call, '127.0.0.1', passedOn)]).toEqual([
          header,
          call,
          false,
        ]);
      }
    }
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

const seen: Record<Adapter, AccessRow[]> = { express: [], fastify: [] };

/** docs/control-access.md is what the tests above saw: `CONTROL_ACCESS=write` writes it. */
test('the page says what was seen, and both adapters agree', () => {
  expect(seen.fastify).toEqual(seen.express);
  const file = new URL('../../../../docs/control-access.md', import.meta.url);
  const page = accessPage(seen.express, proxyHeaders);
  if (process.env.CONTROL_ACCESS === 'write') writeFileSync(file, page);
  expect(readFileSync(file, 'utf8')).toBe(page);
});
