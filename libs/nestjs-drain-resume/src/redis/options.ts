import { systemClock, type Clock } from '../clock.js';
import {
  duration,
  InvalidResumeOptionsError,
  positive,
  refuseUnknown,
  withMethods,
} from '../options.js';
import type { RedisConnection } from './connection.js';

/** All times in seconds. */
export interface RedisStoreOptions {
  /** From `fromNodeRedis` or `fromIoredis`. */
  connection: RedisConnection;
  /** Before every key and channel. Default `drain`. */
  prefix?: string;
  /** UTF-8 bytes of one stream's events and request; a terminal event may pass it by 64 KiB. Default 8 MiB. */
  maxStreamBytes?: number;
  /** Retained streams of one principal, open or closed. Default 1 000. */
  maxStreamsPerPrincipal?: number;
  /**
   * UTF-8 bytes of all retained streams of one principal, counted in steps of a sixteenth of it, at most 64 KiB, per
   * stream. Default 256 MiB.
   */
  maxBytesPerPrincipal?: number;
  /** After how long a reader looks for new events without having been woken. Default 1. */
  poll?: number;
  /**
   * After how long a command counts as failed; it is sent again. If nothing at all was answered meanwhile, the
   * connection is dropped and opened again: it may be half open. Default 5.
   */
  commandTimeout?: number;
  /** How long readers wait for a server that cannot be asked. Default 30. */
  storeTimeout?: number;
  clock?: Clock;
  /** Failed subscriptions: readers then only poll. */
  onError?: (error: unknown) => void;
}

const known: readonly (keyof RedisStoreOptions)[] = [
  ...(['connection', 'prefix', 'maxStreamBytes', 'maxStreamsPerPrincipal'] as const),
  ...([
    'maxBytesPerPrincipal',
    'poll',
    'commandTimeout',
    'storeTimeout',
    'clock',
    'onError',
  ] as const),
];

/** @throws InvalidResumeOptionsError naming the option and what to set. */
export function resolveOptions(options: RedisStoreOptions): Required<RedisStoreOptions> {
  const number = (name: keyof RedisStoreOptions, fallback: number) =>
    positive(name, (options[name] as number | undefined) ?? fallback);
  refuseUnknown('RedisResumeStore', options, known);
  const { connection, prefix = 'drain' } = options;
  if (typeof prefix !== 'string' || prefix === '') {
    throw new InvalidResumeOptionsError(`\`prefix\` is ${JSON.stringify(prefix)}; set a text.`);
  }
  return {
    connection: withMethods(
      'connection',
      connection,
      'fromNodeRedis(client) or fromIoredis(client)',
      'send',
    ),
    prefix,
    maxStreamBytes: number('maxStreamBytes', 8 * 1024 * 1024),
    maxStreamsPerPrincipal: number('maxStreamsPerPrincipal', 1000),
    maxBytesPerPrincipal: number('maxBytesPerPrincipal', 256 * 1024 * 1024),
    poll: number('poll', 1),
    commandTimeout: number('commandTimeout', 5),
    storeTimeout: duration('storeTimeout', options.storeTimeout ?? 30),
    clock: options.clock ?? systemClock,
    onError: options.onError ?? (() => undefined),
  };
}
