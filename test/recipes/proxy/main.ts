import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { NextFunction, Request, Response } from 'express';
import { createProxyMiddleware } from 'http-proxy-middleware';
import { GracefulShutdownModule, StreamAdmission, type StreamKind } from 'nestjs-drain';

@Module({
  imports: [GracefulShutdownModule.forRoot({ timeout: Number(process.env['TIMEOUT'] ?? 30) })],
})
class AppModule {}

const app = await NestFactory.create<NestExpressApplication>(AppModule);
const streams = app.get(StreamAdmission);
const proxy = createProxyMiddleware<Request, Response>({
  target: process.env['UPSTREAM'] ?? 'http://127.0.0.1:8080',
});

/** What is streamed through; a request of any other path is a plain one, which the drain waits for. */
const streamed = (route: string, kind: StreamKind) => {
  app.use(route, (request: Request, response: Response, next: NextFunction) => {
    if (streams.open(request, response, { route, kind })) next();
  });
};
streamed('/api/answers', 'finite');
streamed('/api/ticks', 'subscription');
app.use('/api', proxy);

// Not `ws: true`: that would let in WebSockets which the drain cannot see.
const server: Server = app.getHttpServer();
server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
  const stream = streams.openUpgrade(request, socket, { route: 'WS /api', kind: 'subscription' });
  if (stream) proxy.upgrade(request, socket, head);
});

app.enableShutdownHooks();
await app.listen(process.env['PORT'] ?? 3000, '127.0.0.1');
console.log(`Listening on ${await app.getUrl()}`);
