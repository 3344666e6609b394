import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { UsageError } from '../usage-error.js';
import { leadGroup } from './process-group.js';

/** A helper ends so when what the user gave cannot be used. */
const usageExit = 2;

/**
 * A process of the rehearsal's own: it runs one of the files beside this one, says what it has to say in
 * messages, and ends with the rehearsal.
 */
export class Helper<Order, Word> {
  readonly #child: ChildProcess;
  readonly #listeners = new Set<(word: Word) => void>();
  #failure: UsageError | undefined;
  #closing = false;
  readonly #ended: Promise<unknown>;

  constructor(file: string) {
    this.#child = fork(fileURLToPath(new URL(file, import.meta.url)), {
      // Its own process group: Ctrl-C in the terminal reaches it through the rehearsal only.
      detached: true,
      serialization: 'advanced',
      execArgv: [],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    leadGroup(this.#child);
    this.#child.on('message', (word) => {
      for (const listener of [...this.#listeners]) listener(word as Word);
    });
    this.#ended = this.#watch();
  }

  hear(listener: (word: Word) => void): void {
    this.#listeners.add(listener);
  }

  tell(order: Order): void {
    if (this.#child.connected) this.#child.send(order as object, () => {});
  }

  /**
   * Gives an order and resolves the first word that `answers` picks.
   * @throws UsageError when the process ended without it.
   */
  ask<Answer>(order: Order, answers: (word: Word) => Answer | undefined): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const listener = (word: Word) => {
        const answer = answers(word);
        if (answer === undefined) return;
        this.#listeners.delete(listener);
        resolve(answer);
      };
      this.#listeners.add(listener);
      void this.#ended.then(() => reject(this.#failure ?? new UsageError('Stopped.')));
      this.tell(order);
    });
  }

  /** Resolves when the process is gone. */
  async close(): Promise<void> {
    this.#closing = true;
    if (this.#child.connected) this.#child.disconnect();
    await this.#ended;
  }

  async #watch(): Promise<void> {
    let errors = '';
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => (errors += text));
    const how = await new Promise<string | number | null>((resolve) => {
      this.#child.once('error', ({ message }) => resolve(message));
      this.#child.once('exit', (code, signal) => resolve(signal ?? code));
    });
    if (this.#closing || how === 0) return;
    const said = errors.trim();
    this.#failure = new UsageError(
      how === usageExit
        ? said
        : `A process of the rehearsal ended (${how}): ${said || 'no message'}`,
    );
  }
}

/** In a helper: hears the orders, and ends this process when the rehearsal is gone. */
export function serve<Order>(listener: (order: Order) => void): void {
  process.on('message', (order) => listener(order as Order));
  process.on('disconnect', () => process.exit());
  process.on('uncaughtException', (error) => {
    const usage = error instanceof UsageError;
    process.stderr.write(usage ? error.message : (error.stack ?? error.message));
    process.exitCode = usage ? usageExit : 1;
    process.disconnect();
  });
}

/** In a helper: says something to the rehearsal. */
export function say(word: object): void {
  if (process.connected) process.send?.(word);
}
