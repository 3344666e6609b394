import { once } from 'node:events';
import { Agent, createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { systemClock } from '../clock.js';
import { exchange } from './exchange.js';

describe('a connection that its client keeps', () => {
  let server: Server;
  let agent: Agent;

  beforeEach(() => {
    agent = new Agent({ keepAlive: true, maxSockets: 1 });
  });

  afterEach(async () => {
    agent.destroy();
    server.close();
    await once(server, 'close');
  });

  it('is dropped when the server closes it after the answer', async () => {
    let connection: Socket | undefined;
    const { port } = await listen((request, response) => {
      connection = request.socket;
      response.end('event: done\ndata: c\n\n');
    });
    const { attempt, closed } = await ask(port, () => undefined);
    connection?.end();
    await closed;
    expect(attempt.ending).toBe('clean');
    expect(attempt.droppedIdleAt).toBeGreaterThanOrEqual(attempt.endedAt);
  });

  it('is not dropped when the client closes it at the terminal event', async () => {
    const { port } = await listen((_, response) => response.end('event: done\ndata: c\n\n'));
    const { attempt, closed } = await ask(port, (leave) => leave());
    await closed;
    expect(attempt.ending).toBe('closed');
    expect(attempt.droppedIdleAt).toBeUndefined();
  });

  async function listen(answer: RequestListener): Promise<AddressInfo> {
    server = createServer(answer).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return server.address() as AddressInfo;
  }

  /** One exchange, and the end of its connection. `read` is called for each part of the answer. */
  async function ask(port: number, read: (leave: () => void) => void) {
    const leaving = new AbortController();
    let closed: Promise<unknown> = Promise.resolve();
    const create = agent.createConnection.bind(agent);
    agent.createConnection = (...given) => {
      const socket = create(...given);
      if (socket) closed = once(socket, 'close');
      return socket;
    };
    const attempt = await exchange(
      { method: 'GET', path: '/', headers: {} },
      { port, agent, clock: systemClock(), idleTimeout: 5000, kept: true },
      { data: () => read(() => leaving.abort()) },
      leaving.signal,
    );
    return { attempt, closed };
  }
});
