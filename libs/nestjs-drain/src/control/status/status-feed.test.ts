import { execFileSync } from 'node:child_process';
import { get, type ClientRequest, type IncomingMessage, type Server } from 'node:http';
import type { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from '@jest/globals';
import { adapters, startApplication, type Adapter } from '../../../test/support/application.js';
import type { GracefulShutdownOptions } from '../../index.js';
import { admitted, admittedWith } from '../../../test/support/scripted-stream.js';
import type { StatusSnapshot } from './status-snapshot.js';

/** ms that the feed's last message may take to leave. */
const linger = 500;

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function start(adapter: Adapter, options: GracefulShutdownOptions = {}) {
  const application = await startApplication(adapter, { options: { timeout: 10, ...options } });
  closing.push(() => application.close());
  return application;
}

/** Reads one message after the other. */
async function watch(url: string) {
  const [request, response] = await open(`${url}/shutdown/feed`);
  let text = '';
  const messages = response.setEncoding('utf8')[Symbol.asyncIterator]() as AsyncIterator<
    string,
    undefined
  >;
  return {
    request,
    response,
    async next(): Promise<StatusSnapshot | undefined> {
      while (!text.includes('\n\n')) {
        const { value, done } = await messages.next();
        if (done) return undefined;
        text += value;
      }
      const [message = '', ...rest] = text.split('\n\n');
      text = rest.join('\n\n');
      return JSON.parse(message.replace(/^data: /, '')) as StatusSnapshot;
    },
  };
}

async function open(url: string): Promise<[ClientRequest, IncomingMessage]> {
  const request = get(url);
  const response = await new Promise<IncomingMessage>((resolve) =>
    request.once('response', resolve),
  );
  return [request, response];
}

describe.each(adapters)('the status feed on %s', (adapter) => {
  test('law 8: it is not counted as work, holds no drain and ends with the report', async () => {
    const { url, drain, clock } = await start(adapter, { propagationDelay: 2 });
    const stream = admitted(drain.streams);
    const feed = await watch(url);
    expect(await feed.next()).toMatchObject({ phase: 'serving', requests: 0, open: { finite: 1 } });
    void drain.start('SIGTERM');
    expect(await feed.next()).toMatchObject({ phase: 'lameDuck', secondsLeft: 10 });
    clock.advance(2_000);
    let latest: StatusSnapshot | undefined;
    while (latest?.phase !== 'draining') latest = await feed.next();
    expect(latest).toMatchObject({ elapsed: 2, secondsLeft: 8, trigger: 'SIGTERM' });
    stream.close();
    await drain.start('SIGTERM');
    while (latest?.phase !== 'drained') latest = await feed.next();
    expect(latest).toMatchObject({
      entered: { lameDuck: 0, draining: 2, drained: 2 },
      report: { outcome: 'completed', completed: 1 },
    });
    expect(latest?.report?.summary).toContain('SIGTERM');
    expect(await feed.next()).toBeUndefined();
    expect(drain.requests.size).toBe(0);
  });

  test('looks once a second while an operator watches, and never otherwise', async () => {
    const { url, drain, clock, application } = await start(adapter);
    const server = application.getHttpServer() as Server;
    const looks: number[] = [];
    const progress = () => ({ bytes: looks.push(clock.now()) });
    admittedWith(drain.streams, { progress });
    expect(clock.pending).toBe(0);
    const gone = new Promise((resolve) => {
      server.once('connection', (socket: Socket) => socket.once('close', resolve));
    });
    const feed = await watch(url);
    await feed.next();
    clock.advance(2_000);
    expect(looks).toEqual([0, 1_000, 2_000]);
    feed.request.destroy();
    await gone;
    clock.advance(5_000);
    expect([clock.pending, looks]).toEqual([0, [0, 1_000, 2_000]]);
    for (const stream of drain.streams) stream.release();
  });

  test('shows the bytes of a stream, and when it wrote last as fine as the looks are', async () => {
    const { url, drain, clock } = await start(adapter);
    let bytes = 10;
    admittedWith(drain.streams, { progress: () => ({ bytes }) });
    const feed = await watch(url);
    const row = async () => (await feed.next())?.streams[0];
    expect(await row()).toMatchObject({ bytes: 10, quiet: { seconds: 0, atLeast: true } });
    clock.advance(1_000);
    expect(await row()).toMatchObject({ age: 1, quiet: { seconds: 1, atLeast: true } });
    bytes = 25;
    clock.advance(1_000);
    expect(await row()).toMatchObject({ bytes: 25, quiet: { seconds: 0, atLeast: false } });
    clock.advance(1_000);
    expect(await row()).toMatchObject({ bytes: 25, quiet: { seconds: 1, atLeast: false } });
    feed.request.destroy();
    for (const stream of drain.streams) stream.release();
  });

  test('shows the hundred oldest of many streams, and how many there are', async () => {
    const { url, drain } = await start(adapter);
    for (let count = 0; count < 130; count += 1) admitted(drain.streams, 'subscription');
    const feed = await watch(url);
    const snapshot = await feed.next();
    expect(snapshot?.open).toEqual({ finite: 0, subscription: 130 });
    expect(snapshot?.streams).toHaveLength(100);
    expect(snapshot?.streams[0]).toMatchObject({ id: '1', kind: 'subscription' });
    feed.request.destroy();
    for (const stream of [...drain.streams]) stream.release();
  });

  test('law 7: a watcher that stopped reading is destroyed soon after the drain has ended', async () => {
    const { url, drain, clock } = await start(adapter);
    // More than the sockets between them take in.
    admittedWith(drain.streams, { id: 'x'.repeat(32_000_000) });
    const [, response] = await open(`${url}/shutdown/feed`);
    response.pause();
    for (const stream of drain.streams) stream.release();
    await drain.start('SIGTERM');
    let stopped = false;
    const stopping = drain.stopListeners().then(() => (stopped = true));
    await clock.advanceAsync(linger - 1);
    expect(stopped).toBe(false);
    await clock.advanceAsync(1);
    await stopping;
    response.destroy();
  });

  test('a page that opens after the drain gets the report and the end', async () => {
    const { url, drain } = await start(adapter);
    await drain.start('initiate');
    const feed = await watch(url);
    expect(await feed.next()).toMatchObject({ phase: 'drained', report: { outcome: 'completed' } });
    expect(await feed.next()).toBeUndefined();
  });
});

describe('the status page', () => {
  const browser = { Accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };

  test.each(['*/*', 'application/json', undefined])(
    'is for browsers: who accepts %s reads the state',
    async (accept) => {
      const { url } = await start('express');
      const answer = await fetch(`${url}/shutdown`, accept ? { headers: { Accept: accept } } : {});
      expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
      expect(await answer.json()).toMatchObject({ phase: 'serving', active_streams: 0 });
    },
  );

  test('is made of its files, as they are', () => {
    const script = new URL('../../../scripts/inline-status-page.mjs', import.meta.url);
    execFileSync(process.execPath, [fileURLToPath(script), '--check'], { stdio: 'pipe' });
  });

  test('is one document that may load nothing, under a nonce of its own', async () => {
    const { url } = await start('express');
    const open = () => fetch(`${url}/shutdown`, { headers: browser });
    const answers = [await open(), await open()];
    const policies = answers.map(({ headers }) => headers.get('content-security-policy') ?? '');
    expect(policies[0]).toContain("default-src 'none'");
    expect(policies[0]).not.toBe(policies[1]);
    const nonce = /'nonce-([^']+)'/.exec(policies[0] ?? '')?.[1];
    const page = (await answers[0]?.text()) ?? '';
    expect(page.match(/nonce="[^"]+"/g)).toEqual([`nonce="${nonce}"`, `nonce="${nonce}"`]);
    expect(page).not.toMatch(/https?:\/\//);
    expect(page).not.toMatch(/\son\w+=|\sstyle=/);
  });

  test('is refused to whom the control routes are refused, before any token is asked for', async () => {
    const { url } = await start('express', { control: { token: 'sesame' } });
    const statusOf = async (path: string, headers: Record<string, string> = {}) =>
      (await fetch(`${url}${path}`, { headers })).status;
    expect(await statusOf('/shutdown', browser)).toBe(200);
    expect(await statusOf('/shutdown')).toBe(403);
    expect(await statusOf('/shutdown', { ...browser, 'X-Forwarded-For': '10.0.0.1' })).toBe(403);
    expect(await statusOf('/shutdown', { ...browser, 'Sec-Fetch-Site': 'cross-site' })).toBe(403);
    expect(await statusOf('/shutdown/feed')).toBe(403);
    expect(await statusOf('/shutdown/feed', { Authorization: 'Bearer guess' })).toBe(403);
  });

  test('is not there where the control routes are switched off', async () => {
    const { url } = await start('express', { control: false });
    expect((await fetch(`${url}/shutdown`)).status).toBe(404);
    expect((await fetch(`${url}/shutdown/feed`)).status).toBe(404);
  });
});
