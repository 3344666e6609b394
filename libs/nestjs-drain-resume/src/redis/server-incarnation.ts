import { newIncarnation } from '../identifier.js';
import type { ScriptRunner } from './script-runner.js';

/**
 * A mark in the server that every id carries: a server that was emptied, or replaced by an empty one, has
 * another or none, and gets a new one here.
 */
export class ServerIncarnation {
  #known: Promise<string> | undefined;

  constructor(
    private readonly scripts: ScriptRunner,
    private readonly key: string,
  ) {}

  /** For new ids: as last seen. */
  get lastSeen(): Promise<string> {
    return this.#known ?? this.present();
  }

  /** Asks the server. */
  present(): Promise<string> {
    const asked = this.#ask();
    this.#known = asked;
    asked.catch(() => {
      if (this.#known === asked) this.#known = undefined;
    });
    return asked;
  }

  async #ask(): Promise<string> {
    const { key, scripts } = this;
    const [, present] = await Promise.all([
      scripts.command(key, ['SET', key, newIncarnation(), 'NX']),
      scripts.command(key, ['GET', key]),
    ]);
    return String(present);
  }
}
