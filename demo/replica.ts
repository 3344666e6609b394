import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** One process of the service, named as a pod would be. */
export class Replica {
  readonly lines: string[] = [];
  readonly #exited: Promise<unknown>;
  #port = 0;

  private constructor(
    readonly name: string,
    private readonly child: ChildProcess,
  ) {
    this.#exited = once(child, 'close');
  }

  /**
   * Starts `node <entry>` on a free loopback port and waits until it listens.
   * @throws Error with what it printed if it does not.
   */
  static async start(
    entry: string,
    name: string,
    env: Readonly<Record<string, string>>,
  ): Promise<Replica> {
    const child = spawn(process.execPath, [entry], {
      // Not the environment of the shell: its API keys are no business of a demo.
      env: {
        PATH: process.env.PATH,
        HOST: '127.0.0.1',
        PORT: '0',
        NO_COLOR: '1',
        ...env,
        HOSTNAME: name,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const replica = new Replica(name, child);
    await replica.#listening();
    return replica;
  }

  get port(): number {
    return this.#port;
  }

  get exitCode(): number | null {
    return this.child.exitCode;
  }

  /** Sends the signal and waits until the process is gone. */
  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    this.child.kill(signal);
    await this.#exited;
  }

  async #listening(): Promise<void> {
    const ready = new Promise<void>((resolve) => {
      const read = (line: string) => {
        this.lines.push(line);
        const match = /Listening on http:\/\/\S+:(\d+)/.exec(line);
        if (!match) return;
        this.#port = Number(match[1]);
        resolve();
      };
      for (const stream of [this.child.stdout!, this.child.stderr!]) {
        createInterface(stream).on('line', read);
      }
    });
    await Promise.race([ready, this.#exited]);
    if (this.#port === 0) {
      throw new Error(`${this.name} exited before it listened:\n${this.lines.join('\n')}`);
    }
  }
}
