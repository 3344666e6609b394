import { Balancer } from './balancer.js';
import { Replica } from './replica.js';

export interface FleetOptions {
  /** The service's main file. */
  readonly entry: string;
  readonly size: number;
  readonly env: Readonly<Record<string, string>>;
  /** The port of the address that all replicas share. Default: any free one. */
  readonly port?: number;
}

/** Replicas behind one address, replaced in the order in which a Deployment replaces pods. */
export class Fleet {
  readonly #routed: Replica[] = [];
  readonly #running = new Set<Replica>();
  readonly #starting = new Set<Promise<Replica>>();
  #started = 0;

  private constructor(
    private readonly options: FleetOptions,
    private readonly balancer: Balancer,
  ) {}

  static async start(options: FleetOptions): Promise<Fleet> {
    const fleet = new Fleet(options, await Balancer.listen(options.port));
    try {
      for (const replica of await fleet.launch(options.size)) fleet.#route(replica);
    } catch (error) {
      await fleet.stop();
      throw error;
    }
    return fleet;
  }

  get url(): string {
    return this.balancer.url;
  }

  /** The one that is replaced next. */
  get oldest(): Replica {
    return this.#routed[0]!;
  }

  /** Starts replicas that get no connections yet. */
  launch(count: number): Promise<Replica[]> {
    return Promise.all(Array.from({ length: count }, () => this.#start()));
  }

  /**
   * Puts a new replica in the place of the oldest and ends that one. With SIGTERM its endpoint is
   * taken away first, as at a rollout; with SIGKILL only afterwards, as when a node dies.
   */
  async replaceOldest(signal: 'SIGTERM' | 'SIGKILL', next: Replica): Promise<void> {
    this.#route(next);
    const old = this.#routed.shift()!;
    if (signal === 'SIGTERM') this.balancer.remove(old.port);
    await old.end(signal);
    this.balancer.remove(old.port);
    this.#running.delete(old);
  }

  /** Ends everything at once, whatever it is doing. */
  async stop(): Promise<void> {
    await this.balancer.close();
    await Promise.allSettled(this.#starting);
    await Promise.all([...this.#running].map((replica) => replica.end('SIGKILL')));
  }

  async #start(): Promise<Replica> {
    const name = `chat-${++this.#started}`;
    const starting = Replica.start(this.options.entry, name, this.options.env);
    this.#starting.add(starting);
    try {
      const replica = await starting;
      this.#running.add(replica);
      return replica;
    } finally {
      this.#starting.delete(starting);
    }
  }

  #route(replica: Replica): void {
    this.balancer.add(replica.port);
    this.#routed.push(replica);
  }
}
