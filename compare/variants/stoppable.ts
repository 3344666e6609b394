import { type Server } from 'node:http';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import stoppable from 'stoppable';
import { drainTime, port } from '../grace.js';
import { Handler } from '../handler.js';

@Module({ controllers: [Handler] })
class AppModule {}

const app = await NestFactory.create(AppModule, { logger: ['error'] });
const server = stoppable(app.getHttpServer() as Server, drainTime());
process.once('SIGTERM', () => server.stop(() => process.exit(0)));
await app.listen(port);
