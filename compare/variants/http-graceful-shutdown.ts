import { type Server } from 'node:http';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import gracefulShutdown from 'http-graceful-shutdown';
import { drainTime, port } from '../grace.js';
import { Handler } from '../handler.js';

@Module({ controllers: [Handler] })
class AppModule {}

const app = await NestFactory.create(AppModule, { logger: ['error'] });
await app.listen(port);
gracefulShutdown(app.getHttpServer() as Server, { timeout: drainTime() });
