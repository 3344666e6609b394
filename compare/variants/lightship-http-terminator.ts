import { type Server } from 'node:http';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { createHttpTerminator } from 'http-terminator';
import lightshipModule from 'lightship';
import { drainTime, grace, port } from '../grace.js';
import { Handler } from '../handler.js';

@Module({ controllers: [Handler] })
class AppModule {}

/** Its default, which stands for the readiness probe's period. */
const shutdownDelay = 5000;

// CommonJS without named exports.
const { createLightship } = lightshipModule;

const app = await NestFactory.create(AppModule, { logger: ['error'] });
await app.init();
const lightship = await createLightship({
  detectKubernetes: false,
  port: Number(process.env['LIGHTSHIP_PORT']),
  shutdownDelay,
  gracefulShutdownTimeout: grace,
  shutdownHandlerTimeout: drainTime(shutdownDelay),
});
const terminator = createHttpTerminator({
  server: app.getHttpServer() as Server,
  gracefulTerminationTimeout: drainTime(shutdownDelay),
});
lightship.registerShutdownHandler(() => terminator.terminate());
await app.listen(port);
lightship.signalReady();
