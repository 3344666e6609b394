import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { DynamicModule, INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter, type NestExpressApplication } from '@nestjs/platform-express';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { answerUnroutable, ClientErrors } from './framing-errors.js';
import { requestId } from './request-id.js';

/** The largest body accepted, in bytes. A conversation is text; 1 MiB is about 250 000 tokens. */
const MAX_BODY_BYTES = 1_048_576;

/** Creates the application on either HTTP adapter; apart from this file the service knows neither. */
export function createApplication(
  module: DynamicModule,
  adapter: 'express' | 'fastify',
): Promise<INestApplication> {
  return adapter === 'fastify' ? onFastify(module) : onExpress(module);
}

async function onExpress(module: DynamicModule): Promise<INestApplication> {
  const options = { abortOnError: false, bodyParser: false };
  const adapter = new ExpressAdapter();
  const app = await NestFactory.create<NestExpressApplication>(module, adapter, options);
  // Before the parser: the answer to a body that cannot be read has a request id too.
  app.use(requestId);
  const server: Server = app.getHttpServer();
  const clientErrors = new ClientErrors();
  clientErrors.watch(server);
  server.on('clientError', (error, socket) => clientErrors.answer(error, socket as Socket));
  app.useBodyParser('json', { limit: MAX_BODY_BYTES });
  return app;
}

async function onFastify(module: DynamicModule): Promise<INestApplication> {
  const options = { abortOnError: false };
  const clientErrors = new ClientErrors();
  const adapter = new FastifyAdapter({
    bodyLimit: MAX_BODY_BYTES,
    frameworkErrors: answerUnroutable,
    clientErrorHandler: (error, socket) => clientErrors.answer(error, socket),
  });
  const app = await NestFactory.create<NestFastifyApplication>(module, adapter, options);
  app.use(requestId);
  clientErrors.watch(app.getHttpServer());
  return app;
}
