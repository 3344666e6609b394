import { createClient, type RedisClientType } from '@redis/client';
import { Redis } from 'ioredis';
import { Client, Pool } from 'pg';
import type { ResumeStore } from 'nestjs-drain-resume';
import { PostgresResumeStore } from 'nestjs-drain-resume/postgres';
import { fromIoredis, fromNodeRedis, RedisResumeStore } from 'nestjs-drain-resume/redis';
import { missingPostgres, PostgresServer } from './postgres-server.js';
import { durable, missingRedis, RedisServer } from './redis-server.js';

export interface ConnectOptions {
  /** Seconds. */
  readonly poll: number;
  /** Seconds. Default: 0.2 for Redis, 1 for PostgreSQL, whose connections are processes. */
  readonly commandTimeout?: number;
  /** Its readers are never woken. */
  readonly isDeaf?: boolean;
}

/** A replica's store and its connections. */
export interface Connected {
  readonly store: ResumeStore;
  readonly close: () => Promise<void>;
}

/** A real server that keeps what it confirmed through a SIGKILL, and what befalls servers. */
export interface EngineServer {
  readonly port: number;
  /** @param port of a proxy before it. */
  connect(options: ConnectOptions, port?: number): Promise<Connected>;
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void;
  kill(): Promise<void>;
  run(): Promise<void>;
  stop(): Promise<void>;
  /** A server with what this one holds now, which does not run yet. */
  copy(): Promise<EngineServer>;
  /** Ends every connection from the server's side. */
  cutConnections(): Promise<void>;
  /** Answers writes to this stream with an error from now on that no repetition mends. */
  spoil(id: string): Promise<void>;
  /** Takes the events of a log away. */
  removeEvents(id: string): Promise<void>;
}

export interface Engine {
  readonly name: string;
  /** Why it cannot run. */
  readonly missing: string | undefined;
  start(): Promise<EngineServer>;
}

type RedisLibrary = '@redis/client' | 'ioredis';

class RedisEngineServer implements EngineServer {
  constructor(
    private readonly server: RedisServer,
    private readonly library: RedisLibrary,
  ) {}

  get port(): number {
    return this.server.port;
  }

  signal = (signal: 'SIGSTOP' | 'SIGCONT') => this.server.signal(signal);
  kill = () => this.server.kill();
  run = () => this.server.run();
  stop = () => this.server.stop();

  async copy(): Promise<EngineServer> {
    return new RedisEngineServer(await this.server.copy(), this.library);
  }

  async connect(
    { poll, commandTimeout = 0.2, isDeaf }: ConnectOptions,
    port = this.port,
  ): Promise<Connected> {
    const url = `redis://127.0.0.1:${port}`;
    const opened = this.library === 'ioredis' ? openIoredis(url) : await openNodeRedis(url);
    const connection = isDeaf
      ? { ...opened.connection, subscribe: () => Promise.reject(new Error('NOPERM')) }
      : opened.connection;
    const store = new RedisResumeStore({ connection, poll, commandTimeout });
    const close = async () => {
      opened.close();
      await store.close();
    };
    return { store, close };
  }

  async cutConnections(): Promise<void> {
    await this.#operate(async (client) => {
      for (const type of ['normal', 'pubsub']) {
        await client.sendCommand(['CLIENT', 'KILL', 'TYPE', type]);
      }
    });
  }

  async spoil(id: string): Promise<void> {
    await this.#operate(async (client) => {
      const [key = ''] = await client.keys(`*:state:${id}`);
      await client.del(key);
      await client.set(key, 'of another kind');
    });
  }

  async removeEvents(id: string): Promise<void> {
    await this.#operate(async (client) => {
      const [key = ''] = await client.keys(`*:events:${id}`);
      await client.del(key);
    });
  }

  async #operate(work: (client: RedisClientType) => Promise<unknown>): Promise<void> {
    const client: RedisClientType = createClient({ url: this.server.url });
    client.on('error', () => undefined);
    await client.connect();
    await work(client);
    client.destroy();
  }
}

async function openNodeRedis(url: string) {
  const client: RedisClientType = createClient({ url, socket: { reconnectStrategy: 20 } });
  client.on('error', () => undefined);
  await client.connect();
  return { connection: fromNodeRedis(client), close: () => client.destroy() };
}

function openIoredis(url: string) {
  const client = new Redis(url);
  client.on('error', () => undefined);
  return { connection: fromIoredis(client), close: () => client.disconnect() };
}

class PostgresEngineServer implements EngineServer {
  constructor(private readonly server: PostgresServer) {}

  get port(): number {
    return this.server.port;
  }

  signal = (signal: 'SIGSTOP' | 'SIGCONT') => this.server.signal(signal);
  kill = () => this.server.kill();
  run = () => this.server.run();
  stop = () => this.server.stop();

  async copy(): Promise<EngineServer> {
    return new PostgresEngineServer(await this.server.copy());
  }

  async connect(
    { poll, commandTimeout = 1, isDeaf }: ConnectOptions,
    port = this.port,
  ): Promise<Connected> {
    const pool = new Pool({ connectionString: urlAt(port) });
    pool.on('error', () => undefined);
    const refused = () => new Client({ connectionString: urlAt(1) });
    const listen = isDeaf ? { listen: refused } : {};
    const store = new PostgresResumeStore({ pool, poll, commandTimeout, ...listen });
    await store.setup();
    const close = async () => {
      await store.close();
      await pool.end();
    };
    return { store, close };
  }

  cutConnections(): Promise<void> {
    return this.#operate(
      'select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid()',
    );
  }

  spoil(id: string): Promise<void> {
    return this.#operate(
      `alter table drain.streams add constraint spoilt check (id <> '${id}') not valid`,
    );
  }

  removeEvents(id: string): Promise<void> {
    return this.#operate(
      `delete from drain.events using drain.streams s where s.life = events.life and s.id = '${id}'`,
    );
  }

  async #operate(statement: string): Promise<void> {
    const client = new Client({ connectionString: this.server.url });
    client.on('error', () => undefined);
    await client.connect();
    await client.query(statement);
    await client.end();
  }
}

const urlAt = (port: number) => `postgres://postgres@127.0.0.1:${port}/postgres`;

function redis(library: RedisLibrary): Engine {
  const start = async () =>
    new RedisEngineServer(await RedisServer.start(...durable), library) as EngineServer;
  return { name: `Redis, ${library}`, missing: missingRedis, start };
}

export const nodeRedis = redis('@redis/client');
export const ioredis = redis('ioredis');

export const postgres: Engine = {
  name: 'PostgreSQL',
  missing: missingPostgres,
  start: async () => new PostgresEngineServer(await PostgresServer.start()),
};
