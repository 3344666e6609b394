import { inspect } from 'node:util';
import { ConsoleLogger, Logger } from '@nestjs/common';
import { quietly } from '../core/quietly.js';

export type Level = 'log' | 'warn';
export type Fields = Readonly<Record<string, unknown>>;

/** Nest's logger for the library's own lines: an application's logger that throws must end neither a drain nor the process. */
export class DrainLog extends Logger {
  override log(message: unknown, ...others: unknown[]): void {
    quietly(() => super.log(message, ...others));
  }

  override warn(message: unknown, ...others: unknown[]): void {
    quietly(() => super.warn(message, ...others));
  }

  override error(message: unknown, ...others: unknown[]): void {
    quietly(() => super.error(message, ...others));
  }
}

/** What a logger is called with for one line: the arguments before the context, which Nest adds. */
type LineForm = (message: string, fields: Fields) => [unknown, ...unknown[]];

const messageAlone: LineForm = (message) => [message];
const fieldsBehind: LineForm = (message, fields) => [message, fields];
/** Pino's own order. nestjs-pino drops an object behind a text, which has no placeholder for it. */
const fieldsBefore: LineForm = (message, fields) => [fields, message];
/** nest-winston makes its entry of one object. It takes an object behind a text for the context. */
const oneObject: LineForm = (message, fields) => [{ ...fields, message }];

/**
 * One line: a sentence for people, and fields for logs that are searched, in the form in which the logger
 * in use keeps both. A field without a value is left out.
 */
export function writeLine(logger: Logger, level: Level, message: string, fields: Fields): void {
  const given = Object.entries(fields).filter(([, value]) => value !== undefined);
  // Also a look at the logger in use may fail.
  quietly(() => {
    const [first, ...others] = formOf(loggerInUse())(message, Object.fromEntries(given));
    logger[level](first, ...others);
  });
}

/** What Nest's loggers print below the line. Of anything that can be thrown: an object may have no text, or a bad one. */
export function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : inspect(error);
}

function loggerInUse(): unknown {
  return (Logger as unknown as { staticInstanceRef?: unknown }).staticInstanceRef;
}

function formOf(logger: unknown): LineForm {
  if (logger instanceof ConsoleLogger)
    return printsObjectsApart(logger) ? messageAlone : fieldsBehind;
  const { contextName, logger: inner } = Object(logger) as {
    contextName?: unknown;
    logger?: { transports?: unknown };
  };
  if (typeof contextName === 'string') return fieldsBefore; // nestjs-pino
  if (Array.isArray(inner?.transports)) return oneObject; // nest-winston
  // A logger of the application: it prints its first argument.
  return fieldsBehind;
}

interface Internals {
  getContextAndMessagesToPrint?(line: unknown[]): { readonly messages: readonly unknown[] };
}

/**
 * Whether Nest's own logger prints an object behind a message as a record of its own. It does up to Nest 11,
 * and later with `structuredParams: false`.
 */
function printsObjectsApart(logger: ConsoleLogger): boolean {
  const printed = (logger as unknown as Internals).getContextAndMessagesToPrint?.(['message', {}]);
  return printed !== undefined && printed.messages.length > 1;
}
