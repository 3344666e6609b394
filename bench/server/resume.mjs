import 'reflect-metadata';
import { parseArgs } from 'node:util';
import { Controller, Module, Sse } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { createClient } from '@redis/client';
import { DrainableStream, GracefulShutdownModule } from 'nestjs-drain';
import { DrainResumeModule } from 'nestjs-drain/resume';
import { fromNodeRedis, RedisResumeStore } from 'nestjs-drain-resume/redis';
import { concatMap, Observable } from 'rxjs';
import { now } from '../support/monotonic.mjs';
import { answerQuestions } from '../support/questions.mjs';
import { sendBare } from '../support/redis.mjs';
import { decorateMethods } from './controllers.mjs';
import { Profile } from './profile.mjs';

// A replica with the same stream on two routes, with and without a log, in a process of its own.
const { values } = parseArgs({ options: { redis: { type: 'string' } } });
/** Milliseconds between two events of one stream; 0 for one event in each turn of the loop. */
let pace = 50;
let length = 100;

/** Events of about 40 bytes, each with the moment at which it was emitted, by the clock of the machine. */
function tokens() {
  return new Observable((client) => {
    let index = 0;
    let timer;
    const emit = () => {
      client.next({ data: { index, at: now(), delta: ' token' } });
      index += 1;
      if (index === length) client.complete();
      else if (pace === 0) timer = setImmediate(emit);
    };
    if (pace === 0) timer = setImmediate(emit);
    else {
      const begin = setTimeout(() => {
        timer = setInterval(emit, pace);
      }, Math.random() * pace);
      return () => {
        clearTimeout(begin);
        clearInterval(timer);
      };
    }
    return () => clearImmediate(timer);
  });
}

function confirmedBy(log) {
  return tokens().pipe(
    concatMap(async (event) => {
      await log(JSON.stringify(event));
      return event;
    }),
  );
}

let streams = 0;

class Streams {
  plain() {
    return tokens();
  }
  logged() {
    return tokens();
  }

  /** The least that any log costs: one bare command for an event, which is sent when the command is answered. */
  confirmed() {
    const key = `confirmed:${(streams += 1)}`;
    return confirmedBy((text) => sendBare(client, ['XADD', key, '*', 'p', text]));
  }

  /** The same with the least script that could be a log. */
  scripted() {
    const key = `scripted:${(streams += 1)}`;
    return confirmedBy((text) => sendBare(client, ['EVALSHA', push, '1', key, text]));
  }
}
decorateMethods(Streams, {
  plain: [Sse('plain'), DrainableStream()],
  confirmed: [Sse('confirmed'), DrainableStream()],
  scripted: [Sse('scripted'), DrainableStream()],
  logged: [Sse('logged'), DrainableStream({ resumable: true })],
});
Reflect.decorate([Controller()], Streams);

const client = createClient({ url: values.redis });
client.on('error', () => undefined);
await client.connect();
const push = await client.sendCommand([
  'SCRIPT',
  'LOAD',
  "return redis.call('RPUSH', KEYS[1], ARGV[1])",
]);
const store = new RedisResumeStore({
  connection: fromNodeRedis(client),
  maxStreamsPerPrincipal: 1e6,
});
class Application {}
const imports = [GracefulShutdownModule.forRoot(), DrainResumeModule.forRoot({ store })];
Reflect.decorate([Module({ imports, controllers: [Streams] })], Application);
const application = await NestFactory.create(Application, { logger: ['error', 'fatal', 'warn'] });
await application.listen({ port: 0, host: '127.0.0.1', backlog: 4096 });

const profile = new Profile();
answerQuestions({
  port: () => application.getHttpServer().address().port,
  set: (options) => {
    ({ pace, length } = options);
  },
  processor: () => process.cpuUsage(),
  startProfile: () => profile.start(),
  stopProfile: () => profile.stop(),
});
process.channel.unref();
