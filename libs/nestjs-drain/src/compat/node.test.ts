import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { currentAnswer, isReceiving, restsNow } from './node.js';

const request = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: local\r\n\r\n`;
const restOf = (socket: Socket): number | undefined => restsNow()(socket);
const closing: (() => void)[] = [];

afterEach(() => {
  for (const close of closing.splice(0)) close();
});

const portOf = (server: Server): number => (server.address() as AddressInfo).port;

/** A real connection to a server of Node's, as both sides see it. */
async function open(settings: Partial<Server> = {}) {
  const answers = new Map<string, ServerResponse>();
  const server = Object.assign(createServer(), settings);
  server.on('request', ({ url = '' }, response) => {
    answers.set(url, response);
    server.emit(url);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect(portOf(server), '127.0.0.1');
  closing.push(() => (client.destroy(), server.close()));
  const [socket] = (await once(server, 'connection')) as [Socket];
  const ask = async (path: string): Promise<ServerResponse> => {
    const arrived = once(server, path);
    client.write(request(path));
    await arrived;
    return answers.get(path)!;
  };
  const answer = async (response: ServerResponse): Promise<void> => {
    const read = once(client, 'data');
    response.end('done');
    await read;
  };
  const send = async (text: string): Promise<void> => {
    const { bytesRead } = socket;
    client.write(text);
    while (socket.bytesRead === bytesRead) await sleep(1);
  };
  return { server, socket, ask, answer, send };
}

describe('the answer that is under way on a connection', () => {
  it('is shown from its request until its end', async () => {
    const { socket, ask, answer } = await open();
    const seen = [currentAnswer(socket)];
    const first = await ask('/1');
    seen.push(currentAnswer(socket));
    await answer(first);
    seen.push(currentAnswer(socket));
    expect(seen).toEqual([undefined, first, undefined]);
  });

  it('is the oldest of those that are pipelined', async () => {
    const { socket, ask, answer } = await open();
    const first = await ask('/1');
    const second = await ask('/2');
    const seen = [currentAnswer(socket)];
    await answer(first);
    seen.push(currentAnswer(socket));
    expect(seen).toEqual([first, second]);
  });
});

describe('the rest of a connection', () => {
  it('begins behind its first answer, and is never longer than it was', async () => {
    const { socket, ask, answer } = await open();
    const before = restOf(socket);
    const first = await ask('/1');
    await sleep(20);
    const asked = performance.now();
    await answer(first);
    await sleep(20);
    const rest = restOf(socket) ?? Infinity;
    // Timers count whole milliseconds.
    expect([before, rest >= 18, rest <= performance.now() - asked + 2]).toEqual([
      undefined,
      true,
      true,
    ]);
  });

  it('is none where no timer tells it', async () => {
    const { socket, ask, answer } = await open({ keepAliveTimeout: 0 });
    await answer(await ask('/1'));
    await sleep(20);
    expect(restOf(socket)).toBe(0);
  });
});

it('the rest is none where the timer was cleared', async () => {
  const { socket, ask, answer } = await open();
  await answer(await ask('/1'));
  await sleep(20);
  socket.setTimeout(0);
  expect(restOf(socket)).toBe(0);
});

it('a connection receives while a request arrives, and neither while it is answered nor behind its answer', async () => {
  const { socket, ask, answer, send } = await open();
  const seen = [isReceiving(socket)];
  const first = await ask('/1');
  seen.push(isReceiving(socket));
  await answer(first);
  seen.push(isReceiving(socket));
  await send('GET /2 HT');
  seen.push(isReceiving(socket));
  expect(seen).toEqual([false, false, false, true]);
});

it('a connection of a server that hides its parsers may be receiving', async () => {
  const { server, socket, ask, answer } = await open();
  await answer(await ask('/1'));
  // Over that of their class.
  parsersOf(server).active = undefined;
  const seen = [isReceiving(socket)];
  Reflect.deleteProperty(parsersOf(server), 'active');
  await new Promise<void>((resolve) => process.nextTick(resolve));
  seen.push(isReceiving(socket));
  expect(seen).toEqual([true, false]);
});

it('of the open connections only those that receive are listed, because thousands may end in as many turns', async () => {
  const { server, socket, ask, answer } = await open();
  await answer(await ask('/1'));
  const others = Array.from({ length: 20 }, () => connect(portOf(server), '127.0.0.1'));
  closing.push(() => others.forEach((other) => other.destroy()));
  for (const [index, other] of others.entries()) {
    const arrived = once(server, `/other/${index}`);
    other.write(request(`/other/${index}`));
    await arrived;
  }
  const listed = jest.spyOn(parsersOf(server) as { active: () => unknown[] }, 'active');
  expect(isReceiving(socket)).toBe(false);
  expect(listed.mock.results.map(({ value }) => (value as unknown[]).length)).toEqual([0]);
});

/** Node's own list. */
function parsersOf(server: Server): { active?: (() => unknown[]) | undefined } {
  const symbol = Object.getOwnPropertySymbols(server).find(
    ({ description }) => description === 'http.server.connections',
  )!;
  return (server as unknown as Record<symbol, { active?: () => unknown[] }>)[symbol]!;
}
