import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { port } from '../grace.js';
import { Handler } from '../handler.js';

@Module({ controllers: [Handler] })
class AppModule {}

const app = await NestFactory.create(AppModule, { logger: ['error'] });
app.enableShutdownHooks();
await app.listen(port);
