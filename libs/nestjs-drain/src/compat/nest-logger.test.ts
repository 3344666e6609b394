import { ConsoleLogger, Logger, type LoggerService } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { Logger as PinoLogger, LoggerModule } from 'nestjs-pino';
import { Writable } from 'node:stream';
import { DrainLog, writeLine } from './nest-logger.js';

afterEach(() => void Logger.overrideLogger(new ConsoleLogger()));

/** What a logger of an application writes, parsed, for a line of ours and for two of the application's. */
function written(logger: LoggerService, lines: readonly string[]): unknown[] {
  Logger.overrideLogger(logger);
  const own = new Logger('GracefulShutdown');
  writeLine(own, 'log', 'Drain completed', { event: 'ended', cut: 0, longest: undefined });
  writeLine(own, 'warn', '1 stream was cut', { event: 'hint', count: 1 });
  new Logger('Orders').log('order 7 is paid');
  return lines.map((line) => JSON.parse(line) as unknown);
}

function lineBuffer() {
  const lines: string[] = [];
  const stream = new Writable({
    write(chunk, _, done) {
      lines.push(String(chunk).trim());
      done();
    },
  });
  return { lines, stream };
}

function capturedStdout() {
  const lines: string[] = [];
  const stdout = jest.spyOn(process.stdout, 'write').mockImplementation((text) => {
    lines.push(String(text).trim());
    return true;
  });
  return { lines, stop: () => stdout.mockRestore() };
}

describe('a line keeps its sentence and its fields, and the lines of the application keep theirs', () => {
  test('nestjs-pino', async () => {
    const { lines, stream } = lineBuffer();
    const application = await NestFactory.createApplicationContext(
      { module: class PinoModule {}, imports: [LoggerModule.forRoot({ pinoHttp: { stream } })] },
      { logger: false },
    );
    const entries = written(application.get(PinoLogger), lines);
    expect(entries).toMatchObject([
      { level: 30, msg: 'Drain completed', event: 'ended', cut: 0, context: 'GracefulShutdown' },
      { level: 40, msg: '1 stream was cut', event: 'hint', count: 1, context: 'GracefulShutdown' },
      { level: 30, msg: 'order 7 is paid', context: 'Orders' },
    ]);
    expect(Object.keys(entries[0] as object)).not.toContain('longest');
    await application.close();
  });

  test("Nest's logger with json: true", () => {
    const { lines, stop } = capturedStdout();
    const entries = written(new ConsoleLogger({ json: true }), lines);
    stop();
    expect(entries).toMatchObject([
      {
        message: 'Drain completed',
        params: { event: 'ended', cut: 0 },
        context: 'GracefulShutdown',
      },
      { message: '1 stream was cut', params: { event: 'hint' }, level: 'warn' },
      { message: 'order 7 is paid', context: 'Orders' },
    ]);
  });
});

test("Nest's logger prints one line, for people", () => {
  const { lines, stop } = capturedStdout();
  Logger.overrideLogger(new ConsoleLogger({ colors: false }));
  writeLine(new Logger('GracefulShutdown'), 'log', 'Drain completed', { cut: 0 });
  stop();
  expect(lines).toEqual([
    expect.stringMatching(/LOG \[GracefulShutdown\] Drain completed .*cut: 0/),
  ]);
});

test('nest-winston is given one object (test/nest-11/logs.test.ts runs the real one)', () => {
  const given: unknown[][] = [];
  const log = (...line: unknown[]): unknown => given.push(line);
  // What its `WinstonModule.createLogger()` returns.
  const winston = { logger: { transports: [] }, log, warn: log, error: log };
  Logger.overrideLogger(winston);
  writeLine(new Logger('GracefulShutdown'), 'log', 'Drain completed', { cut: 0 });
  expect(given).toEqual([[{ message: 'Drain completed', cut: 0 }, 'GracefulShutdown']]);
});

test('a logger of the application is given the sentence first, then the fields', () => {
  const given: unknown[][] = [];
  const log = (...line: unknown[]): unknown => given.push(line);
  Logger.overrideLogger({ log, warn: log, error: log });
  writeLine(new Logger('GracefulShutdown'), 'log', 'Drain completed', { cut: 0 });
  expect(given).toEqual([['Drain completed', { cut: 0 }, 'GracefulShutdown']]);
});

test('no fields where Nest would print them as a line of their own, as Nest 11 does', () => {
  const given: unknown[][] = [];
  class Nest11Logger extends ConsoleLogger {
    override log(...line: unknown[]): void {
      given.push(line);
    }
    protected override getContextAndMessagesToPrint(messages: unknown[]) {
      return { messages, context: undefined };
    }
  }
  Logger.overrideLogger(new Nest11Logger());
  writeLine(new Logger('GracefulShutdown'), 'log', 'Drain completed', { cut: 0 });
  expect(given).toEqual([['Drain completed', 'GracefulShutdown']]);
});

test.each(['log', 'warn', 'error'] as const)(
  'a logger of the application that throws harms no caller of the library: %s',
  (level) => {
    const throwing = jest.spyOn(Logger.prototype, level).mockImplementation(() => {
      throw new Error('no log');
    });
    expect(() => new DrainLog('GracefulShutdown')[level]('text')).not.toThrow();
    expect(throwing).toHaveBeenCalledWith('text');
    throwing.mockRestore();
  },
);
