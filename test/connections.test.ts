import 'reflect-metadata';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { type AddressInfo, connect, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Controller, Get, type INestApplication, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { describe, expect, test } from '@jest/globals';
import { GracefulShutdownModule } from 'nestjs-drain';
import { hasOpenssl, selfSigned } from './edge/certificate.js';
import { EdgeApp } from './edge/edge-app.js';
import { adapters } from './support/clients.js';

const kept = 1_000;

@Controller()
class PlainController {
  @Get('plain')
  plain(): string {
    return 'plain';
  }
}

@Module({
  imports: [GracefulShutdownModule.forRoot({ signals: false, timeout: 10, flushTimeout: 1 })],
  controllers: [PlainController],
})
class PlainModule {}

function create(adapter: (typeof adapters)[number], tls?: object): Promise<INestApplication> {
  const options = { logger: false } as const;
  if (adapter === 'express') {
    return NestFactory.create(PlainModule, { ...options, ...(tls && { httpsOptions: tls }) });
  }
  return NestFactory.create(
    PlainModule,
    new FastifyAdapter((tls ? { https: tls } : {}) as object),
    options,
  );
}

/** A connection that has had one answer, which promised keep-alive. Resolves `closed` with how it ends. */
async function keep(port: number): Promise<{ readonly closed: Promise<string> }> {
  const socket = connect(port, '127.0.0.1');
  const closed = endOf(socket);
  socket.write('GET /plain HTTP/1.1\r\nHost: localhost\r\n\r\n');
  const [answer] = (await once(socket, 'data')) as [Buffer];
  expect(String(answer)).toMatch(/^HTTP\/1.1 200 /);
  socket.resume();
  return { closed };
}

function endOf(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    socket.on('error', () => resolve('reset'));
    socket.once('end', () => resolve('FIN'));
  });
}

async function keepAll(port: number): Promise<Promise<string>[]> {
  const all: Promise<string>[] = [];
  for (let opened = 0; opened < kept; opened += 100) {
    const some = await Promise.all(Array.from({ length: 100 }, () => keep(port)));
    all.push(...some.map(({ closed }) => closed));
  }
  return all;
}

describe.each(adapters)(`law 11: ${kept} kept connections on %s`, (adapter) => {
  test('app.close() ends all of them by FIN', async () => {
    const application = await create(adapter);
    await application.listen(0, '127.0.0.1');
    const { port } = (application.getHttpServer() as Server).address() as AddressInfo;
    const closed = await keepAll(port);
    const start = performance.now();
    await application.close();
    const seconds = (performance.now() - start) / 1000;
    const resets = (await Promise.all(closed)).filter((how) => how !== 'FIN').length;
    console.info(`${adapter}: app.close() took ${seconds.toFixed(2)} s, resets ${resets}`);
    expect(resets).toBe(0);
  });

  test('SIGTERM ends all of them by FIN, and the process exits', async () => {
    const app = new EdgeApp({ adapter, drain: { timeout: 10, flushTimeout: 1 } });
    const { port = 0 } = await app.tells('listening');
    const closed = await keepAll(port);
    const start = performance.now();
    app.kill('SIGTERM');
    const exit = await app.exited;
    const resets = (await Promise.all(closed)).filter((how) => how !== 'FIN').length;
    const seconds = (exit.at - start) / 1000;
    console.info(`${adapter}: SIGTERM to exit took ${seconds.toFixed(2)} s, resets ${resets}`);
    expect([exit.code, resets]).toEqual([0, 0]);
  });
});

(hasOpenssl ? describe : describe.skip).each(adapters)('TLS on a Unix socket on %s', (adapter) => {
  test('law 7: a peer that never begins its handshake does not hang app.close()', async () => {
    const path = join(tmpdir(), `drain-${process.pid}-${adapter}.sock`);
    const application = await create(adapter, selfSigned());
    await application.listen(path);
    const silent = connect(path);
    await once(silent, 'connect');
    const closed = new Promise((resolve) => silent.once('close', resolve));
    silent.on('error', () => undefined);
    silent.resume();
    await application.close();
    await closed;
    rmSync(path, { force: true });
  });
});
