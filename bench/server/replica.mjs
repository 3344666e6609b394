import 'reflect-metadata';
import { parseArgs } from 'node:util';
import { setTimeout as pause } from 'node:timers/promises';
import { Controller, Module, Sse } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { createClient } from '@redis/client';
import { DrainableStream, GracefulShutdownModule } from 'nestjs-drain';
import { DrainResumeModule, StreamCursor } from 'nestjs-drain/resume';
import { fromNodeRedis, RedisResumeStore } from 'nestjs-drain-resume/redis';
import { interval, map, scan, takeWhile } from 'rxjs';
import { now } from '../support/monotonic.mjs';
import { answerQuestions } from '../support/questions.mjs';

// One of two replicas on one Redis, in a process of its own. `/words` is a stream of a word every so many milliseconds.
const { values } = parseArgs({
  options: { redis: { type: 'string' }, every: { type: 'string', default: '50' } },
});
const redis = createClient({ url: values.redis });
redis.on('error', (error) => console.error(error));
await redis.connect();
const store = new RedisResumeStore({
  connection: fromNodeRedis(redis),
  maxStreamsPerPrincipal: 1e6,
  maxBytesPerPrincipal: 1e9,
});

/** The same words on every route, each with its moment; what stands on the route is what is measured. */
const words = (first) =>
  interval(Number(values.every)).pipe(
    scan((place) => place + 1, first - 1),
    takeWhile((place) => place < 100_000),
    map((place) => ({ data: { word: `word${place}`, at: now() } })),
  );

class Words {
  bare() {
    return words(0);
  }

  /** Streams of one tick would be logged and sent in one burst: each begins at a moment of its own. */
  async resumable({ next }) {
    await pause(Math.random() * Number(values.every));
    return words(next);
  }
}
StreamCursor()(Words.prototype, 'resumable', 0);
decorate('bare', Sse('bare'), DrainableStream());
decorate('resumable', Sse('resumable'), DrainableStream({ resumable: { background: true } }));

function decorate(name, ...decorators) {
  const method = Object.getOwnPropertyDescriptor(Words.prototype, name);
  const decorated = Reflect.decorate(decorators, Words.prototype, name, method);
  Object.defineProperty(Words.prototype, name, decorated);
}

class Application {}
const imports = [
  GracefulShutdownModule.forRoot({ timeout: 60 }),
  DrainResumeModule.forRoot({ store }),
];
const controllers = [Reflect.decorate([Controller()], Words)];
Reflect.decorate([Module({ imports, controllers })], Application);

const application = await NestFactory.create(Application, { logger: ['error', 'fatal'] });
await application.listen({ port: 0, host: '127.0.0.1', backlog: 4096 });

answerQuestions({
  port: () => application.getHttpServer().address().port,
  processor: () => process.cpuUsage(),
});
process.channel.unref();
