import { execFileSync, fork, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';

/** A fixture in a process of its own, which tells what it does by messages. */
export class Child {
  readonly #told: object[] = [];
  readonly #watchers = new Set<() => void>();
  readonly #exited: Promise<unknown>;
  #output = '';

  private constructor(private readonly process: ChildProcess) {
    process.on('message', (message: object) => {
      this.#told.push(message);
      this.#look();
    });
    for (const stream of [process.stdout, process.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => (this.#output += text));
    }
    this.#exited = once(process, 'close').then(() => this.#look());
  }

  /** @param fixture below test/fixtures. @param parameters it reads them from MANY_STREAMS */
  static start(fixture: string, parameters: object): Child {
    const entry = fileURLToPath(new URL(`../fixtures/dist/${fixture}.js`, import.meta.url));
    const env = {
      PATH: process.env['PATH'],
      NO_COLOR: '1',
      MANY_STREAMS: JSON.stringify(parameters),
    };
    return new Child(fork(entry, { env, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] }));
  }

  get id(): number {
    return this.process.pid!;
  }

  get output(): string {
    return this.#output;
  }

  /** The first message with this key, come or still to come. Rejects when the process ends without it. */
  tells<T>(key: string): Promise<T> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const found = this.#told.find((message) => key in message);
        if (found) resolve(found as T);
        else if (!this.#hasEnded) return;
        else reject(new Error(`It ended before it told ${key}:\n${this.#output}`));
        this.#watchers.delete(look);
      };
      this.#watchers.add(look);
      look();
    });
  }

  signal(name: NodeJS.Signals): void {
    this.process.kill(name);
  }

  async stop(): Promise<void> {
    this.process.kill('SIGKILL');
    await this.#exited;
  }

  get #hasEnded(): boolean {
    return this.process.exitCode !== null || this.process.signalCode !== null;
  }

  #look(): void {
    for (const look of this.#watchers) look();
  }
}

/** Whether this machine lets a process be kept on one of several processors. */
export const canPin = ((): boolean => {
  try {
    execFileSync('taskset', ['--version'], { stdio: 'ignore' });
    return availableParallelism() > 1;
  } catch {
    return false;
  }
})();

/** Keeps all threads of a process on one processor. */
export function pin(id: number, processor: number): void {
  execFileSync('taskset', ['-acp', String(processor), String(id)], { stdio: 'ignore' });
}

/** A process that takes all of one processor that it gets. @returns a function that ends it */
export async function busyNeighbour(processor: number): Promise<() => Promise<unknown>> {
  const neighbour = spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' });
  const exited = once(neighbour, 'close');
  await once(neighbour, 'spawn');
  pin(neighbour.pid!, processor);
  return () => {
    neighbour.kill('SIGKILL');
    return exited;
  };
}

/** How many files, and so connections, one process may have open. */
export function openFilesLimit(): number {
  const limit = execFileSync('sh', ['-c', 'ulimit -Hn'], { encoding: 'utf8' }).trim();
  return limit === 'unlimited' ? Infinity : Number(limit);
}
