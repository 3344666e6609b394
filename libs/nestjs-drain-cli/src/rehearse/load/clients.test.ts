import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { systemClock } from '../clock.js';
import { fateOf, liveContext, type Fate } from '../verdict/fate.js';
import { clientFor } from './client-for.js';
import { type LoadPlan } from './load-plan.js';
import { defaultRecognition, recognise, type Recognition } from './recognition.js';
import { type Stream } from './stream.js';

const servers: Server[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  }
});

describe('an EventSource', () => {
  it('comes back with Last-Event-ID after the time that retry: names', async () => {
    const asked: (string | undefined)[] = [];
    const stream = await run({ kind: 'sse' }, (request, response) => {
      asked.push(request.headers['last-event-id'] as string | undefined);
      response.writeHead(200, { 'Content-Type': 'text/event-stream' });
      if (asked.length === 1) response.end('id: 5\ndata: a\n\nretry: 1\n\n');
      else response.end('id: 6\ndata: b\n\nevent: done\ndata: c\n\n');
    });
    expect(asked).toEqual([undefined, '5']);
    expect(stream.terminal).toBe('done');
    expect(stream.gap).toBeUndefined();
    expect(fate(stream)).toBe('told');
  });

  it('is not told by retry: in a stream that broke off', async () => {
    let asked = 0;
    const stream = await run({ kind: 'sse' }, (_, response) => {
      asked += 1;
      response.writeHead(200, { 'Content-Type': 'text/event-stream' });
      if (asked > 1) response.end('event: done\ndata: c\n\n');
      else response.write('retry: 1\ndata: a\n\n', () => response.destroy());
    });
    expect(stream.attempts[0]).toMatchObject({ ending: 'reset' });
    expect(stream.attempts.map(({ told }) => told)).toEqual([undefined, undefined]);
    expect(fate(stream)).toBe('cut');
  });

  it('is still told when it was refused before it came back', async () => {
    let asked = 0;
    const stream = await run({ kind: 'sse' }, (request, response) => {
      asked += 1;
      if (asked === 2) return request.destroy();
      response.writeHead(200, { 'Content-Type': 'text/event-stream' });
      if (asked === 1) return response.end('id: 5\ndata: a\n\nretry: 1\n\n');
      return response.end('id: 1\ndata: b\n\nevent: done\ndata: c\n\n');
    });
    expect(stream.attempts.map(({ ending }) => ending).slice(0, 2)).toEqual(['clean', 'refused']);
    expect([stream.gap, stream.restarted]).toEqual([undefined, true]);
  });

  it('is not told by words that came long before the end', async () => {
    let asked = 0;
    const stream = await run({ kind: 'sse' }, (_, response) => {
      asked += 1;
      response.writeHead(200, { 'Content-Type': 'text/event-stream' });
      if (asked > 1) return response.end('event: done\ndata: c\n\n');
      response.write('retry: 1\n\n');
      return setTimeout(() => response.end(), 1200);
    });
    expect(stream.attempts.map(({ told }) => told)).toEqual([undefined, undefined]);
    expect(fate(stream)).toBe('unknown');
  });

  it.each([
    ['an event without an id', 'event: done\ndata: c\n\n', 'unknown'],
    ['the event that follows', 'id: 2\nevent: done\ndata: c\n\n', 'resumed'],
  ])('that broke off and came back to %s', async (_name, answer, expected) => {
    let asked = 0;
    const stream = await run({ kind: 'sse' }, (_request, response) => {
      asked += 1;
      response.writeHead(200, { 'Content-Type': 'text/event-stream' });
      if (asked > 1) response.end(answer);
      else response.write('retry: 1\n\nid: 1\ndata: a\n\n', () => response.destroy());
    });
    expect(fate(stream)).toBe(expected);
  });

  it('is closed for good by any answer other than 2xx', async () => {
    let asked = 0;
    const stream = await run({ kind: 'sse' }, (_, response) => {
      asked += 1;
      response.writeHead(503).end();
    });
    expect(asked).toBe(1);
    expect(fate(stream)).toBe('refused');
  });

  it('has lost events when its stream broke off and carried no ids', async () => {
    let asked = 0;
    const stream = await run({ kind: 'sse' }, (_, response) => {
      asked += 1;
      response.writeHead(200, { 'Content-Type': 'text/event-stream' });
      if (asked > 1) response.end('event: done\ndata: c\n\n');
      else response.write('retry: 1\n\ndata: a\n\ndata: b\n\n', () => response.destroy());
    });
    expect(stream.gap).toContain('no id');
    expect(fate(stream)).toBe('cut');
  });
});

describe('an EventSource whose answers end cleanly', () => {
  it.each([
    ['with ids that begin again', (word: number) => `id: ${word}\n`],
    ['without ids', () => ''],
  ])('%s may have got whole answers', async (_, id) => {
    let asked = 0;
    const over = new AbortController();
    const closed = await run(
      { kind: 'sse' },
      (request, response) => {
        asked += 1;
        response.writeHead(200, { 'Content-Type': 'text/event-stream' });
        response.write('retry: 1\n\n');
        for (const word of [1, 2, 3]) response.write(`${id(word)}data: w${word}\n\n`);
        if (asked < 3) return response.end();
        request.once('close', () => response.destroy());
        return setImmediate(() => over.abort());
      },
      recognise(defaultRecognition),
      over.signal,
    );
    const stream = { ...closed, open: true };
    expect(asked).toBe(3);
    expect(stream.gap).toBeUndefined();
    expect(fate(stream)).toBe('unknown');
    expect(fateOf(stream, { ...liveContext, endsKnown: true })).toBe('cut');
    expect(stream.lastPiece).toBe('w3');
  });
});

describe('a streamed POST', () => {
  const half: RequestListener = (_, response) => {
    response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    response.write('data: {"id":"r1"}\n\n', () => response.destroy());
  };

  it('that breaks off is not asked again by itself', async () => {
    const stream = await run({ kind: 'post' }, half);
    expect(stream.attempts).toHaveLength(1);
    expect(fate(stream)).toBe('cut');
  });

  it('is continued as the module of the user says', async () => {
    const recognition: Recognition = {
      ...recognise(defaultRecognition),
      resume: ({ first }) => {
        const { id } = JSON.parse(first?.data ?? '{}') as { id: string };
        return { method: 'GET', path: `/answers/${id}` };
      },
    };
    const urls: (string | undefined)[] = [];
    const stream = await run(
      { kind: 'post' },
      (request, response) => {
        urls.push(`${request.method} ${request.url}`);
        if (request.method === 'POST') return half(request, response);
        response.writeHead(200, { 'Content-Type': 'text/event-stream' });
        response.end('data: [DONE]\n\n');
      },
      recognition,
    );
    expect(urls).toEqual(['POST /', 'GET /answers/r1']);
    expect(fate(stream)).toBe('resumed');
  });

  it('that breaks off inside the length it declared is cut', async () => {
    const part = await run({ kind: 'post' }, (_, response) => {
      response.writeHead(200, { 'Content-Length': 100 });
      response.write('{"a"', () => response.destroy());
    });
    expect(fate(part)).toBe('cut');
  });

  const lines = '{"a":1}\n{"a":2}\n';
  it.each<[string, string, string, Fate, Fate]>([
    ['JSON that parses', 'application/json', '{"a":1}', 'complete', 'cut'],
    ['JSON that breaks off', 'application/json', '{"a":1', 'cut', 'cut'],
    ['lines of JSON', 'application/x-ndjson', lines, 'unknown', 'cut'],
    ['lines of JSON under the name of JSON', 'application/json', lines, 'unknown', 'cut'],
    ['lines of which the last breaks off', 'application/x-ndjson', `${lines}{"a`, 'cut', 'cut'],
    ['a page', 'text/html', '<html>Hello</html>\n', 'complete', 'cut'],
    ['a page that breaks off', 'text/html', '<html>Hel', 'unknown', 'cut'],
    ['text in chunks', 'text/plain', 'Hello', 'unknown', 'cut'],
    ['the named end', 'application/x-ndjson', `${lines}{"end":1}\n`, 'unknown', 'complete'],
    ['the named end without a line end', 'text/plain', 'a {"end":1}', 'unknown', 'complete'],
  ])('that ends cleanly with %s (%s)', async (_, type, body, unnamed, named) => {
    const answer: RequestListener = (__, response) => {
      response.writeHead(200, { 'Content-Type': type });
      response.write(body.slice(0, 5));
      response.end(body.slice(5));
    };
    expect(fate(await run({ kind: 'post' }, answer))).toBe(unnamed);
    const recognition = recognise({
      ...defaultRecognition,
      completeEvents: [],
      completeData: [],
      completeText: '{"end":1}',
      named: { events: true, text: true },
    });
    expect(fate(await run({ kind: 'json' }, answer, recognition))).toBe(named);
  });

  it('with the length that it declared is complete, unless an end was named', async () => {
    const stream = await run({ kind: 'json' }, (_, response) => response.end('Hello World!'));
    expect(fate(stream)).toBe('complete');
  });
});

it('a stream without a byte for the idle timeout is lost', async () => {
  const stream = await run({ kind: 'json', idleTimeout: 30 }, () => {});
  expect(stream.attempts[0]?.ending).toBe('idle');
  expect(fate(stream)).toBe('refused');
});

it('an answer that announces the end of its connection is remembered as such', async () => {
  const stream = await run({ kind: 'json' }, (_, response) => {
    response.setHeader('Connection', 'close').end('{}');
  });
  expect(stream.attempts[0]).toMatchObject({ announcedClose: true, reused: false, status: 200 });
});

/** As of a stream whose pod was being ended, and of whose request no other end is known. */
function fate(stream: Stream): Fate {
  return fateOf(stream, liveContext);
}

/** One stream of one client against a server that answers so. */
async function run(
  own: Partial<LoadPlan>,
  answer: RequestListener,
  recognition = recognise(defaultRecognition),
  signal = new AbortController().signal,
): Promise<Stream> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const plan: LoadPlan = {
    kind: 'sse',
    method: own.kind === 'post' ? 'POST' : 'GET',
    path: '/',
    headers: {},
    clients: 1,
    keepAlive: true,
    pause: 0,
    idleTimeout: 5000,
    ...own,
  };
  const stream: Stream = {
    id: 1,
    client: 1,
    kind: plan.kind,
    request: 'GET /',
    attempts: [],
    events: 0,
    named: false,
    connected: false,
    open: false,
  };
  const client = clientFor(plan, port, recognition, systemClock());
  await client.run(stream, signal);
  client.close();
  return stream;
}
