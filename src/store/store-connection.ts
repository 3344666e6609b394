import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { createClient } from '@redis/client';
import { Pool } from 'pg';
import { PostgresResumeStore } from 'nestjs-drain-resume/postgres';
import { fromNodeRedis, RedisResumeStore } from 'nestjs-drain-resume/redis';
import { MemoryResumeStore, type ResumeStore } from 'nestjs-drain-resume';
import { CONFIGURATION, type Configuration } from '../configuration/configuration.js';
import { StoreUnreachableError } from './store-unreachable-error.js';

/** How long the server may take to answer at start, in milliseconds. */
const PATIENCE = 10_000;

const MEMORY_BYTES = 128 * 1024 * 1024;
/** The server's own memory or disk is the bound there. */
const SERVER_BYTES = 1024 ** 4;

const LIMITS = {
  /** An event of one word has about 250 bytes, so this is an answer of 100 000 words. */
  maxStreamBytes: 32 * 1024 * 1024,
  /** Without credentials all callers are one principal, so its limits are the store's. */
  maxStreamsPerPrincipal: 1_000_000,
};

/** Opens the store the configuration names, and closes it when nothing needs it any more. */
@Injectable()
export class StoreConnection implements OnApplicationShutdown {
  readonly #logger = new Logger('Store');
  #close: () => void = () => undefined;

  constructor(@Inject(CONFIGURATION) private readonly configuration: Configuration) {}

  /** @throws StoreUnreachableError */
  async open(): Promise<ResumeStore> {
    const { store } = this.configuration;
    if (store === undefined) {
      const maxBytesPerPrincipal = MEMORY_BYTES;
      return new MemoryResumeStore({ ...LIMITS, maxBytesPerPrincipal, maxBytes: MEMORY_BYTES });
    }
    return /^rediss?:/.test(store.url) ? this.#openRedis(store.url) : this.#openPostgres(store.url);
  }

  onApplicationShutdown(): void {
    this.#close();
  }

  async #openRedis(url: string): Promise<ResumeStore> {
    // A connection that does not answer is opened again by the store.
    const client = createClient({ url, pingInterval: 5_000 });
    let lastError: unknown = new Error('no answer');
    client.on('error', (error: Error) => {
      if (error.message !== (lastError as Error).message) this.#logger.warn(error.message);
      lastError = error;
    });
    this.#close = () => client.destroy();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(lastError as Error), PATIENCE);
    });
    try {
      await Promise.race([client.connect(), late]);
    } catch (error) {
      client.destroy();
      throw new StoreUnreachableError('Redis', new URL(url).host, error);
    } finally {
      clearTimeout(timer);
    }
    const connection = fromNodeRedis(client, (error) => this.#logger.debug?.(error));
    this.#close = () => {
      void connection.close();
      client.destroy();
    };
    return new RedisResumeStore({ connection, ...LIMITS, maxBytesPerPrincipal: SERVER_BYTES });
  }

  async #openPostgres(url: string): Promise<ResumeStore> {
    const onError = (error: unknown) => this.#logger.debug?.(error);
    const pool = new Pool({
      connectionString: url,
      connectionTimeoutMillis: PATIENCE,
      keepAlive: true,
    });
    pool.on('error', onError);
    const limits = { ...LIMITS, maxBytesPerPrincipal: SERVER_BYTES };
    const store = new PostgresResumeStore({ pool, onError, ...limits });
    this.#close = () => void store.close().then(() => pool.end());
    const deadline = performance.now() + PATIENCE;
    for (;;) {
      try {
        await store.setup();
        return store;
      } catch (error) {
        if (performance.now() < deadline) await sleep(500);
        else throw new StoreUnreachableError('PostgreSQL', new URL(url).host, error);
      }
    }
  }
}
