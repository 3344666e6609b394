import { type Server } from 'node:http';
import { createTerminus } from '@godaddy/terminus';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { drainTime, port } from '../grace.js';
import { Handler } from '../handler.js';

@Module({ controllers: [Handler] })
class AppModule {}

/** The delay of its README's Kubernetes example. */
const delay = 5000;

const app = await NestFactory.create(AppModule, { logger: ['error'] });
createTerminus(app.getHttpServer() as Server, {
  healthChecks: { '/healthcheck': () => Promise.resolve() },
  timeout: drainTime(delay),
  beforeShutdown: () => new Promise((resolve) => setTimeout(resolve, delay)),
  onSignal: () => Promise.resolve(),
  useExit0: true,
});
await app.listen(port);
