import {
  missingPostgres,
  PostgresServer,
} from '../../libs/nestjs-drain-resume/test/support/postgres-server.js';
import {
  durable,
  missingRedis,
  RedisServer,
} from '../../libs/nestjs-drain-resume/test/support/redis-server.js';
import { RoundRobin } from './round-robin.js';
import { startService, type RunningService } from './service.js';

/** How long a silent replica keeps its responses, in seconds. */
export const lease = 2;

/** A real server for the store, which keeps what it confirmed through a SIGKILL. */
export interface Engine {
  readonly name: string;
  /** Why it cannot run. */
  readonly missing: string | undefined;
  start(): Promise<RedisServer | PostgresServer>;
}

export const redis: Engine = {
  name: 'Redis',
  missing: missingRedis,
  start: () => RedisServer.start(...durable),
};

export const postgres: Engine = {
  name: 'PostgreSQL',
  missing: missingPostgres,
  start: () => PostgresServer.start(),
};

/** Three replicas behind a balancer, with the store's server behind a cable that can be cut. */
export class Replicas {
  readonly #everything = new Set<RunningService>();

  private constructor(
    readonly store: RedisServer | PostgresServer,
    readonly cable: RoundRobin,
    readonly balancer: RoundRobin,
    private readonly env: Record<string, string>,
  ) {}

  /** Those that are behind the balancer. */
  readonly running: RunningService[] = [];

  static async start(env: Record<string, string> = {}, engine = redis): Promise<Replicas> {
    const store = await engine.start();
    const cable = await RoundRobin.start(store.port);
    const url = new URL(store.url);
    url.port = `${cable.port}`;
    const replicas = new Replicas(store, cable, await RoundRobin.start(), {
      STORE_URL: url.href,
      RESUME_LEASE: `${lease}`,
      ...env,
    });
    await Promise.all([replicas.add(), replicas.add(), replicas.add()]);
    return replicas;
  }

  async add(): Promise<void> {
    const service = await startService({ env: this.env });
    this.#everything.add(service);
    this.running.push(service);
    this.balancer.add(service.port);
  }

  /** As a pod's deletion does: no new connections from now on. */
  takeOut(service: RunningService): void {
    this.running.splice(this.running.indexOf(service), 1);
    this.balancer.remove(service.port);
  }

  /** Puts as many new replicas beside those that run, and returns these. */
  async addSuccessors(): Promise<RunningService[]> {
    const old = [...this.running];
    await Promise.all(old.map(() => this.add()));
    return old;
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#everything].map((service) => service.stop()));
    await Promise.all([this.balancer.stop(), this.cable.stop()]);
    await this.store.stop();
  }
}
