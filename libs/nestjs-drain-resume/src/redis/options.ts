import { InvalidResumeOptionsError, requireOption, withMethods } from '../options.js';
import { resolveServerOptions, type ServerStoreOptions } from '../server-store-options.js';
import type { RedisConnection } from './connection.js';

/** All times in seconds. */
export interface RedisStoreOptions extends ServerStoreOptions {
  /** From `fromNodeRedis` or `fromIoredis`. */
  connection: RedisConnection;
  /** Before every key and channel. Default `drain`. */
  prefix?: string;
}

/** @throws InvalidResumeOptionsError naming the option and what to set. */
export function resolveOptions(options: RedisStoreOptions): Required<RedisStoreOptions> {
  const example = 'new RedisResumeStore({ connection: fromNodeRedis(client) })';
  requireOption('RedisResumeStore', options, 'connection', example);
  const shared = resolveServerOptions('RedisResumeStore', options, ['connection', 'prefix']);
  const { connection, prefix = 'drain' } = options;
  if (typeof prefix !== 'string' || prefix === '') {
    throw new InvalidResumeOptionsError(`\`prefix\` is ${JSON.stringify(prefix)}; set a text.`);
  }
  const remedy = 'fromNodeRedis(client) or fromIoredis(client)';
  withMethods('connection', connection, remedy, 'send', 'subscribe');
  return { ...shared, connection, prefix };
}
