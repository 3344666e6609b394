import { systemClock, type Clock } from '../clock.js';
import { positive } from '../errors.js';
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
  /** After how long a reader looks for new events without having been woken. Default 1. */
  poll?: number;
  /** After how long a command counts as failed; whoever sent it tries again. Default 5. */
  commandTimeout?: number;
  /** How long readers wait for a server that does not answer. Default 30. */
  patience?: number;
  clock?: Clock;
  /** Failed subscriptions: readers then only poll. */
  onError?: (error: unknown) => void;
}

/** @throws InvalidResumeOptionsError naming the option and what to set. */
export function resolveOptions(options: RedisStoreOptions): Required<RedisStoreOptions> {
  const number = (name: keyof RedisStoreOptions, fallback: number) =>
    positive(name, (options[name] as number | undefined) ?? fallback);
  return {
    connection: options.connection,
    prefix: options.prefix ?? 'drain',
    maxStreamBytes: number('maxStreamBytes', 8 * 1024 * 1024),
    maxStreamsPerPrincipal: number('maxStreamsPerPrincipal', 1000),
    poll: number('poll', 1),
    commandTimeout: number('commandTimeout', 5),
    patience: number('patience', 30),
    clock: options.clock ?? systemClock,
    onError: options.onError ?? (() => undefined),
  };
}
