import { fork, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { DrainReport } from 'nestjs-drain';
import type { EdgeOptions } from '../fixtures/edge-app/options.js';

/** What the application tells while it runs, a line each. */
export interface Told {
  readonly type: string;
  readonly port?: number;
  readonly name?: string;
  readonly phase?: string;
  readonly outcome?: string;
  readonly report?: DrainReport;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** performance.now() */
  readonly at: number;
}

const entry = fileURLToPath(new URL('../fixtures/dist/edge-app/main.js', import.meta.url));

/** The fixture application in a process of its own, driven by real signals. */
export class EdgeApp {
  readonly exited: Promise<Exit>;
  readonly told: Told[] = [];
  output = '';
  readonly #process: ChildProcess;
  readonly #watchers = new Set<() => void>();
  /** A file whose coming ends `block`. */
  readonly #blocker = join(tmpdir(), `edge-app-${randomUUID()}`);

  constructor(options: EdgeOptions) {
    this.#process = fork(entry, {
      env: { PATH: process.env.PATH, NO_COLOR: '1', EDGE: JSON.stringify(options) },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => this.#onOutput(text));
    }
    let at = 0;
    this.#process.once('exit', () => (at = performance.now()));
    // 'close', not 'exit': only then has all output been read.
    this.exited = once(this.#process, 'close').then((how) => {
      const [code, signal] = how as [number | null, NodeJS.Signals | null];
      for (const look of this.#watchers) look();
      return { code, signal, at };
    });
  }

  /** The first thing it told, now or later, that fits. Rejects when it exits without. */
  tells(type: string, fits: Partial<Told> = {}): Promise<Told> {
    const find = (): Told | undefined =>
      this.told.find(
        (told) =>
          told.type === type &&
          Object.entries(fits).every(([key, value]) => told[key as keyof Told] === value),
      );
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const found = find();
        if (found) resolve(found);
        else if (this.#process.exitCode === null && this.#process.signalCode === null) return;
        else reject(new Error(`It exited before it told ${type}:\n${this.output}`));
        this.#watchers.delete(look);
      };
      this.#watchers.add(look);
      look();
    });
  }

  open(gate: string): void {
    this.#process.send({ open: gate });
  }

  /** Blocks its event loop until `unblock`: what comes meanwhile waits in the kernel. */
  async block(): Promise<void> {
    this.#process.send({ block: this.#blocker });
    await this.tells('blocking');
  }

  unblock(): void {
    writeFileSync(this.#blocker, '');
  }

  kill(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  async stop(): Promise<void> {
    this.#process.kill('SIGKILL');
    await this.exited;
    rmSync(this.#blocker, { force: true });
  }

  #onOutput(text: string): void {
    this.output += text;
    const lines = this.output.split('\n').slice(0, -1);
    const told = lines.filter((line) => line.startsWith('@ '));
    for (const line of told.slice(this.told.length))
      this.told.push(JSON.parse(line.slice(2)) as Told);
    for (const look of [...this.#watchers]) look();
  }
}
