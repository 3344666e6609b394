import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { GracefulShutdownModule, setupGracefulShutdown } from 'nestjs-graceful-shutdown';
import { drainTime, port } from '../grace.js';
import { Handler } from '../handler.js';

@Module({
  imports: [GracefulShutdownModule.forRoot({ gracefulShutdownTimeout: drainTime() })],
  controllers: [Handler],
})
class AppModule {}

const app = await NestFactory.create(AppModule, { logger: ['error'] });
setupGracefulShutdown({ app });
await app.listen(port);
