import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type System } from '../system.js';
import { type Answer } from '../words.js';
import { Child } from './child.js';
import { Door } from './door.js';
import { startStore, type Store } from './store.js';

/** Milliseconds between SIGTERM and the exit of a replica. */
const deadline = 1500;
/** Milliseconds for which a killed store is away. */
const outage = 1000;

/** A store, two replicas of a system, and two balancers: each replica is the first choice of one of them. */
export class Stage {
  private constructor(
    private readonly store: Store | undefined,
    private readonly storeDoor: Door,
    private readonly replicas: readonly [Child, Child],
    private readonly doors: readonly [Door, Door],
  ) {}

  static async start({ program, store: kind }: System, answer: Answer): Promise<Stage> {
    const store = await startStore(kind);
    const env = {
      STORE_URL: store?.url ?? '',
      WORDS: `${answer.length}`,
      PAUSE: `${answer.pause}`,
      DEADLINE: `${deadline}`,
    };
    const file = fileURLToPath(new URL(`../replicas/${program}.js`, import.meta.url));
    const start = () => Child.start([process.execPath, file], { sign: /^Listening on port/, env });
    const replicas = await Promise.all([start(), start()]);
    const [first, second] = [portOf(replicas[0]), portOf(replicas[1])];
    const doors = await Promise.all([Door.open(first, second), Door.open(second, first)]);
    return new Stage(store, await Door.open(store?.port ?? 1), replicas, doors);
  }

  /** What clients are told: every other one starts its answer at the second replica. */
  addressesFor(client: number): { replicas: string; store: string } {
    return { replicas: this.doors[client % 2 === 0 ? 0 : 1].url, store: this.storeDoor.url };
  }

  /** Breaks all connections of clients; each comes back to the other replica. */
  cut(): void {
    for (const door of [...this.doors, this.storeDoor]) door.cut();
  }

  /** SIGTERM for the first replica, which gets no new connections any more. */
  terminate(): void {
    for (const door of this.doors) door.remove(portOf(this.replicas[0]));
    this.replicas[0].process.kill('SIGTERM');
  }

  /** SIGKILL for the first replica. */
  kill(): Promise<void> {
    return this.replicas[0].kill();
  }

  /** SIGKILL for the store, which is back after a second. */
  async restartStore(): Promise<void> {
    await this.store?.kill();
    await sleep(outage);
    await this.store?.run();
  }

  executed(): Promise<number> {
    return this.store?.executed() ?? Promise.resolve(0);
  }

  async stop(): Promise<void> {
    await Promise.all([...this.doors, this.storeDoor].map((door) => door.close()));
    await Promise.all(this.replicas.map((replica) => replica.kill()));
    await this.store?.stop();
  }
}

function portOf({ ready }: Child): number {
  return Number(/\d+$/.exec(ready)?.[0]);
}
