import 'reflect-metadata';
import { setImmediate as turn } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { answerQuestions } from '../support/questions.mjs';
import { controllers, endAll, ticks } from './controllers.mjs';
import { DrainWatch } from './drain-watch.mjs';
import { Profile } from './profile.mjs';
import { variants } from './variants.mjs';

// The application under test, in a process of its own. It is asked for its numbers over IPC.
const { values } = parseArgs({
  options: {
    adapter: { type: 'string', default: 'express' },
    variant: { type: 'string', default: 'bare' },
    timeout: { type: 'string', default: '60' },
    propagationDelay: { type: 'string', default: '0' },
    terminationGracePeriod: { type: 'string' },
    http2: { type: 'string', default: 'false' },
  },
});

const { imports, streamDecorators, prepare } = variants[values.variant]({
  timeout: Number(values.timeout),
  propagationDelay: Number(values.propagationDelay),
  ...(values.terminationGracePeriod && {
    terminationGracePeriod: Number(values.terminationGracePeriod),
  }),
});
class Application {}
Reflect.decorate([Module({ imports, controllers: controllers(streamDecorators) })], Application);

const logger = ['error', 'fatal'];
const application =
  values.adapter === 'fastify'
    ? await NestFactory.create(
        Application,
        new FastifyAdapter({ http2: values.http2 === 'true' }),
        { logger },
      )
    : await NestFactory.create(Application, { logger });
await prepare(application);
// Thousands of connections come at once; Node's default of 511 would drop some for a second.
await application.listen({ port: 0, host: '127.0.0.1', backlog: 4096 });

const profile = new Profile();
const watch = new DrainWatch(application, Number(values.timeout) * 1000);
answerQuestions({
  port: () => application.getHttpServer().address().port,
  processor: () => process.cpuUsage(),
  startProfile: () => profile.start(),
  stopProfile: () => profile.stop(),
  memory: () => {
    // Twice: what the first round finalizes, the second one frees.
    globalThis.gc();
    globalThis.gc();
    return process.memoryUsage();
  },
  async tick({ times }) {
    for (let time = 0; time < times; time += 1) {
      ticks.next({ data: { text: `word ${time}` } });
      await turn();
    }
  },
  endStreams: (farewell) => endAll(farewell),
  drain: () => watch.drain(),
});
// The channel alone must not keep the process alive, or it could not exit by itself.
process.channel.unref();
