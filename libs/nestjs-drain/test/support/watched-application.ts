import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { expect } from '@jest/globals';
import { eventually } from '../../../../testing/eventually.js';
import { freePort } from './free-port.js';
import type { GeneratedApplication } from './generated-application.js';
import { cleanEnvironment } from './packed.js';

/** `npm run start:dev` in a generated application: `nest start --watch`, as a developer starts it. */
export class WatchedApplication {
  /** Everything that the watcher and its processes have printed. */
  output = '';
  readonly #closed: Promise<unknown>;

  private constructor(
    private readonly application: GeneratedApplication,
    private readonly watcher: ChildProcess,
    readonly url: string,
  ) {
    this.#closed = once(watcher, 'close');
    for (const stream of [watcher.stdout, watcher.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => (this.output += text));
  }

  static async start(application: GeneratedApplication): Promise<WatchedApplication> {
    const port = await freePort();
    const watcher = spawn('npm', ['run', 'start:dev'], {
      cwd: application.directory,
      env: { ...cleanEnvironment(), PORT: `${port}`, NO_COLOR: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
      // Its own group, as a terminal gives it one.
      detached: true,
    });
    return new WatchedApplication(application, watcher, `http://127.0.0.1:${port}`);
  }

  /** Saves a file, so that the application says something else. */
  save(greeting: string): Promise<void> {
    return this.application.greet(greeting);
  }

  /** Until the process that was made of this save answers. */
  answers(greeting: string): Promise<void> {
    return this.#orOutput(
      eventually(async () => {
        const response = await fetch(this.url, { headers: { Connection: 'close' } });
        expect(await response.text()).toBe(greeting);
      }),
    );
  }

  /** An open stream, from its first event on. */
  async openStream(): Promise<OpenStream> {
    const response = await fetch(`${this.url}/ticks`);
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    let text = (await reader.read()).value ?? '';
    const rest = (async () => {
      for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read())
        text += chunk.value;
      return text;
    })();
    rest.catch(() => undefined);
    return { ended: () => this.#orOutput(rest) };
  }

  /** Ctrl-C. Resolves when every process has let go of the output. */
  async interrupt(): Promise<void> {
    process.kill(-this.watcher.pid!, 'SIGINT');
    await this.#closed;
  }

  kill(): void {
    try {
      process.kill(-this.watcher.pid!, 'SIGKILL');
    } catch {
      // All of them are gone.
    }
  }

  async #orOutput<T>(waiting: Promise<T>): Promise<T> {
    return waiting.catch((error: unknown) => {
      throw new Error(`${String(error)}\n${this.output}`, { cause: error });
    });
  }
}

export interface OpenStream {
  /** Its whole text, once it has ended cleanly. */
  ended(): Promise<string>;
}
