import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Controller, Get, Res } from '@nestjs/common';
import { afterEach, describe, expect, test } from '@jest/globals';
import { eventually } from '../../../../testing/eventually.js';
import {
  adapters,
  startApplication,
  type RunningApplication,
} from '../../test/support/application.js';
import { rawOf } from '../compat/fastify.js';
import { DrainableStream } from '../index.js';

/** More than a connection's buffers hold. */
const large = 'x'.repeat(64 * 1024 * 1024);

@Controller()
@DrainableStream()
class AnswersController {
  @Get('small')
  small(): string {
    return 'whole';
  }

  @Get('large')
  large(): string {
    return large;
  }

  @Get('written')
  written(@Res() response: object): void {
    (rawOf(response) as { end(text: string): void }).end(large);
  }
}

describe.each(adapters)('law 4 on %s', (adapter) => {
  let running: RunningApplication;
  const sockets: Socket[] = [];
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    await running.close();
  });

  const ask = async (path: string, connection: string): Promise<Socket> => {
    running = await startApplication(adapter, { controllers: [AnswersController] });
    const { port } = new URL(running.url);
    const socket = connect(Number(port), '127.0.0.1');
    sockets.push(socket);
    socket.write(`GET /${path} HTTP/1.1\r\nHost: x\r\nConnection: ${connection}\r\n\r\n`);
    await once(socket, 'readable');
    return socket;
  };
  const ended = (outcome: 'completed' | 'abandoned') =>
    eventually(() => {
      const { completed, abandoned } = running.drain.streams.counts();
      expect({ completed, abandoned }).toEqual({ completed: 0, abandoned: 0, [outcome]: 1 });
    });

  test.each(['large', 'written'])(
    'an answer that was ended and not sent when its client left is abandoned: %s',
    async (path) => {
      const socket = await ask(path, 'keep-alive');
      socket.resetAndDestroy();
      await ended('abandoned');
    },
  );

  test.each(['keep-alive', 'close'])('a whole answer is completed: %s', async (connection) => {
    const socket = await ask('small', connection);
    socket.resume();
    await ended('completed');
  });

  test('a large answer that is read to its end is completed', async () => {
    const socket = await ask('large', 'close');
    socket.resume();
    await once(socket, 'end');
    await ended('completed');
  });
});
