import { confirm, reserve } from './scripts.js';
import type { RedisKeys } from './keys.js';
import type { ScriptRunner } from './script-runner.js';

/**
 * Limits the streams a principal may keep. A place is taken for the stream's `ttl`; a stream that lives longer
 * is looked up only when the principal's places run out, so appends pay nothing for it.
 */
export class PrincipalQuota {
  constructor(
    private readonly scripts: ScriptRunner,
    private readonly keys: RedisKeys,
    private readonly limit: number,
  ) {}

  /** @param ttl milliseconds */
  async reserve(principal: string, id: string, ttl: number): Promise<boolean> {
    const first = await this.#reserve(principal, id, ttl);
    const [outcome, ...due] = first;
    if (outcome === 'reserved') return true;
    await Promise.all(due.map((other) => this.#lookUp(principal, other)));
    const [second] = due.length > 0 ? await this.#reserve(principal, id, ttl) : first;
    return second === 'reserved';
  }

  /** Gives a place back. */
  async free(principal: string, id: string): Promise<void> {
    await this.#confirm(principal, id, '-1');
  }

  #reserve(principal: string, id: string, ttl: number) {
    return this.scripts.run(
      reserve,
      [this.keys.principal(principal)],
      [id, String(ttl), String(this.limit)],
    );
  }

  async #lookUp(principal: string, id: string): Promise<void> {
    const key = this.keys.state(id);
    const left = await this.scripts.command(key, (send) => send(['PTTL', key]));
    await this.#confirm(principal, id, String(left));
  }

  async #confirm(principal: string, id: string, left: string): Promise<void> {
    const key = this.keys.principal(principal);
    await this.scripts.run(confirm, [key], [id, left]);
  }
}
