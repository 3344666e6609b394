import { ConsoleLogger, Logger } from '@nestjs/common';

interface Internals {
  getContextAndMessagesToPrint?(line: unknown[]): { readonly messages: readonly unknown[] };
}

/**
 * Whether the logger in use prints the object behind a message as a record of its own. Nest's own
 * logger does up to Nest 11; that of Nest 12 and other loggers take it as fields of the message.
 */
export function printsFieldsApart(): boolean {
  const { staticInstanceRef: logger } = Logger as unknown as { staticInstanceRef?: unknown };
  if (!(logger instanceof ConsoleLogger)) return false;
  const printed = (logger as unknown as Internals).getContextAndMessagesToPrint?.(['message', {}]);
  return printed !== undefined && printed.messages.length > 1;
}
