import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type CanActivate, Controller, Get, Res, UseGuards } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
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

/** Decides when the test lets it. */
class SlowGuard implements CanActivate {
  static asked: () => void;
  static decide: (isAdmitted: boolean) => void;

  canActivate(): Promise<boolean> {
    return new Promise((resolve) => {
      SlowGuard.decide = resolve;
      SlowGuard.asked();
    });
  }
}

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

  @Get('guarded')
  @UseGuards(SlowGuard)
  guarded(): string {
    return 'late';
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

  test('what waits for a client that does not read has not left', async () => {
    await ask('written', 'keep-alive');
    const [stream] = running.drain.streams;
    expect(stream?.progress().bytes).toBeLessThan(large.length);
  });

  test('a large answer that is read to its end is completed', async () => {
    const socket = await ask('large', 'close');
    socket.resume();
    await once(socket, 'end');
    await ended('completed');
  });
});

test('law 4: a request of inject() that left before its guard admitted it is not open', async () => {
  const running = await startApplication('fastify', { controllers: [AnswersController] });
  const asked = new Promise<void>((resolve) => (SlowGuard.asked = resolve));
  const leaving = new AbortController();
  const application = running.application as NestFastifyApplication;
  const answer = application.inject({ url: '/guarded', signal: leaving.signal });
  await asked;
  leaving.abort();
  await expect(answer).rejects.toThrow();
  SlowGuard.decide(true);
  await eventually(() =>
    expect(running.drain.streams.counts()).toMatchObject({ admitted: 1, abandoned: 1 }),
  );
  await running.close();
});
