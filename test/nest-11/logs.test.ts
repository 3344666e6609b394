import { Writable } from 'node:stream';
import { ConsoleLogger, Controller, Logger, Module, Sse, type LoggerService } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { afterEach, expect, jest, test } from '@jest/globals';
import { WinstonModule } from 'nest-winston';
import { DrainableStream, GracefulShutdownModule, ShutdownService } from 'nestjs-drain';
import { Logger as PinoLogger, LoggerModule } from 'nestjs-pino';
import { NEVER } from 'rxjs';
import { format, transports } from 'winston';

type Entry = Record<string, unknown>;

const lines: string[] = [];
const stream = new Writable({
  write(chunk, _, done) {
    lines.push(String(chunk).trim());
    done();
  },
});
afterEach(() => {
  lines.length = 0;
  Logger.overrideLogger(new ConsoleLogger());
});

@Controller()
class StreamController {
  @Sse('stream')
  @DrainableStream()
  stream() {
    return NEVER;
  }
}

@Module({
  imports: [
    GracefulShutdownModule.forRoot({ signals: false, timeout: 0 }),
    LoggerModule.forRoot({ pinoHttp: { stream, autoLogging: false } }),
  ],
  controllers: [StreamController],
})
class StreamModule {}

/** Drains an application with an open stream, which then has a line of each kind to say. */
async function drainWith(loggerOf: (pino: LoggerService) => LoggerService): Promise<string[]> {
  const application = await NestFactory.create(StreamModule, { logger: false });
  await application.listen(0, '127.0.0.1');
  application.useLogger(loggerOf(application.get(PinoLogger)));
  const response = await fetch(`${await application.getUrl()}/stream`);
  lines.length = 0;
  await Promise.all([application.get(ShutdownService).drain(), response.text()]);
  const own = lines.filter((line) => line.includes('GracefulShutdown'));
  await application.close();
  return own;
}

const entries = (own: readonly string[]): Entry[] => own.map((line) => JSON.parse(line) as Entry);

const sentences = [
  /^Shutting down \(drain\): 1 stream open/,
  /^Drain reached its deadline after/,
  /^1 stream reached the deadline and got a farewell/,
].map((sentence) => expect.stringMatching(sentence) as unknown);
const context = 'GracefulShutdown';
const fields = [
  { event: 'started', trigger: 'drain', streams: 1, context },
  { event: 'ended', cancelled: 1, context },
  { event: 'hint', option: 'timeout', count: 1, context },
];

test('nestjs-pino: one entry each, with its sentence and its fields', async () => {
  expect(entries(await drainWith((pino) => pino))).toMatchObject(
    fields.map((one, index) => ({ ...one, msg: sentences[index] })),
  );
});

test('nest-winston: one entry each, with its sentence and its fields', async () => {
  const winston = WinstonModule.createLogger({
    format: format.json(),
    transports: [new transports.Stream({ stream })],
  });
  expect(entries(await drainWith(() => winston))).toMatchObject(
    fields.map((one, index) => ({ ...one, message: sentences[index] })),
  );
});

test.each([false, true])("Nest 11's own logger, json: %s: one line each", async (json) => {
  const stdout = jest.spyOn(process.stdout, 'write').mockImplementation((text) => {
    lines.push(String(text).trim());
    return true;
  });
  const own = await drainWith(() => new ConsoleLogger({ json, colors: false }));
  stdout.mockRestore();
  const messages = json
    ? entries(own).map(({ message }) => message)
    : own.map((line) => line.replace(/^.*\[GracefulShutdown\] /, ''));
  expect(messages).toEqual(sentences);
});
