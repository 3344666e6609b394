import { durable, RedisServer } from '../../libs/nestjs-drain-resume/test/support/redis-server.js';
import { RoundRobin } from './round-robin.js';
import { startService, type RunningService } from './service.js';

/** How long a silent replica keeps its responses, in seconds. */
export const lease = 2;

/** Three replicas behind a balancer, with a Redis server behind a cable that can be cut. */
export class Replicas {
  readonly #everything = new Set<RunningService>();

  private constructor(
    readonly redis: RedisServer,
    readonly cable: RoundRobin,
    readonly balancer: RoundRobin,
    private readonly env: Record<string, string>,
  ) {}

  /** Those that are behind the balancer. */
  readonly running: RunningService[] = [];

  static async start(env: Record<string, string> = {}): Promise<Replicas> {
    const redis = await RedisServer.start(...durable);
    const cable = await RoundRobin.start(redis.port);
    const replicas = new Replicas(redis, cable, await RoundRobin.start(), {
      STORE_URL: `redis://127.0.0.1:${cable.port}`,
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
    await this.redis.stop();
  }
}
