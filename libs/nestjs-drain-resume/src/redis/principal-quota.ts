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

  /** Takes a place, unless the principal has none left. A stream takes one however often it asks. `ttl` in milliseconds. */
  async reserve(principal: string, id: string, ttl: number): Promise<boolean> {
    const first = await this.#reserve(principal, id, ttl);
    const [outcome, ...due] = first;
    if (outcome === 'reserved') return true;
    await Promise.all(due.map((other) => this.#lookUp(principal, other)));
    const [second] = due.length > 0 ? await this.#reserve(principal, id, ttl) : first;
    return second === 'reserved';
  }

  #reserve(principal: string, id: string, ttl: number) {
    return this.scripts.run(
      reserve,
      [this.keys.principal(principal)],
      [id, String(ttl), String(this.limit)],
    );
  }

  async #lookUp(principal: string, id: string): Promise<void> {
    const [key] = this.keys.stream(id);
    const left = String(await this.scripts.command(key, ['PTTL', key]));
    await this.scripts.run(confirm, [this.keys.principal(principal)], [id, left]);
  }
}
