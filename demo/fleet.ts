import { EmbeddedBalancer } from 'nestjs-drain-cli/rehearse';
import { Replica } from './replica.js';

export interface FleetOptions {
  /** The service's main file. */
  readonly entry: string;
  readonly size: number;
  readonly env: Readonly<Record<string, string>>;
  /** Names the replicas, by their number from 1. Default: `chat-1` and so on. */
  readonly nameOf?: (number: number) => string;
  /** The port of the address that all replicas share. Default: any free one. */
  readonly port?: number;
}

/** Replicas behind one address, replaced in the order in which a Deployment replaces pods. */
export class Fleet {
  /** Those that get new connections, the oldest first. */
  readonly #routed: Replica[] = [];
  readonly #running = new Set<Replica>();
  readonly #starting = new Set<Promise<Replica>>();
  #started = 0;
  #turn = 0;
  #balancer?: EmbeddedBalancer;

  private constructor(private readonly options: FleetOptions) {}

  static async start(options: FleetOptions): Promise<Fleet> {
    const fleet = new Fleet(options);
    const rotation = { pick: () => fleet.#pick() };
    fleet.#balancer = await EmbeddedBalancer.open(rotation, performance, options.port);
    try {
      fleet.#routed.push(...(await fleet.launch(options.size)));
    } catch (error) {
      await fleet.stop();
      throw error;
    }
    return fleet;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#balancer!.port}`;
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
    const old = this.oldest;
    this.#routed.push(next);
    if (signal === 'SIGTERM') this.#routed.shift();
    await old.end(signal);
    if (signal === 'SIGKILL') this.#routed.shift();
    this.#running.delete(old);
  }

  /** Ends everything at once, whatever it is doing. */
  async stop(): Promise<void> {
    await this.#balancer?.close();
    await Promise.allSettled(this.#starting);
    await Promise.all([...this.#running].map((replica) => replica.end('SIGKILL')));
  }

  async #start(): Promise<Replica> {
    const number = ++this.#started;
    const name = this.options.nameOf?.(number) ?? `chat-${number}`;
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

  #pick() {
    const replica = this.#routed[this.#turn++ % this.#routed.length];
    return replica && { pod: replica.name, port: replica.port };
  }
}
