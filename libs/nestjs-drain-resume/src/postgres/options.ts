import { InvalidResumeOptionsError, requireOption, withMethods } from '../options.js';
import { resolveServerOptions, type ServerStoreOptions } from '../server-store-options.js';
import type { PgClient, PgPool } from './connection.js';
import { schemaName } from './schema.js';

/** All times in seconds. */
export interface PostgresStoreOptions extends ServerStoreOptions {
  /**
   * A `Pool` of `pg` 8 with an `error` listener, best one of the store's own. It may lead through a pooler in
   * transaction mode.
   */
  pool: PgPool;
  /**
   * Makes a `Client` of `pg` for wake-ups, which is not connected yet and leads to the server without a pooler in
   * transaction mode. Without it the store takes one connection of the pool for itself. `false`: readers only poll.
   */
  listen?: (() => PgClient) | false;
  /** Where its tables and functions are. Default `drain`. */
  schema?: string;
}

/** @throws InvalidResumeOptionsError naming the option and what to set. */
export function resolveOptions(
  options: PostgresStoreOptions,
): Required<Omit<PostgresStoreOptions, 'listen'>> & Pick<PostgresStoreOptions, 'listen'> {
  requireOption('PostgresResumeStore', options, 'pool', 'new PostgresResumeStore({ pool })');
  const own = ['pool', 'listen', 'schema'];
  const shared = resolveServerOptions('PostgresResumeStore', options, own);
  const { listen } = options;
  const pool = withMethods('pool', options.pool, 'a Pool of pg', 'connect');
  if (listen === undefined && pool.options?.max === 1) {
    throw new InvalidResumeOptionsError(
      '`pool` has one connection, which would only listen; raise its `max`, or set `listen`.',
    );
  }
  if (listen !== undefined && listen !== false && typeof listen !== 'function') {
    throw new InvalidResumeOptionsError(
      `\`listen\` is ${String(listen)}; set a function that makes a Client of pg, or false.`,
    );
  }
  return {
    ...shared,
    pool,
    schema: schemaName(options.schema ?? 'drain'),
    ...(listen === undefined ? {} : { listen }),
  };
}
