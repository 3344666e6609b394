import { countingStep } from '../server-store-options.js';
import type { RedisKeys } from './keys.js';
import type { ScriptRunner } from './script-runner.js';
import { account, confirm, reserve, type ScriptReply } from './scripts.js';

export interface PrincipalLimits {
  readonly maxStreamsPerPrincipal: number;
  readonly maxBytesPerPrincipal: number;
}

/**
 * Limits what a principal may keep. A place is taken for the stream's `ttl`; a stream that lives longer is looked up
 * only when the principal's places run out, so appends pay nothing for it. Bytes are counted each time a stream has
 * grown by a step, and at its end.
 */
export class PrincipalQuota {
  /** Bytes. */
  readonly step: number;

  constructor(
    private readonly scripts: ScriptRunner,
    private readonly keys: RedisKeys,
    private readonly limits: PrincipalLimits,
  ) {
    this.step = countingStep(limits.maxBytesPerPrincipal);
  }

  /** Takes a place, unless the principal has none left. A stream takes one however often it asks. `ttl` in milliseconds. */
  reserve(principal: string, id: string, ttl: number, bytes: number): Promise<boolean> {
    const { maxStreamsPerPrincipal, maxBytesPerPrincipal } = this.limits;
    const args = [id, ttl, maxStreamsPerPrincipal, bytes, maxBytesPerPrincipal];
    return this.#succeeds('reserved', principal, () =>
      this.scripts.run(reserve, this.keys.principal(principal), args.map(String)),
    );
  }

  /** Notes how large a stream is, and says whether its principal keeps too much now. */
  async isOver(principal: string, id: string, bytes: number): Promise<boolean> {
    const args = [id, bytes, this.limits.maxBytesPerPrincipal];
    const isWithin = await this.#succeeds('within', principal, () =>
      this.scripts.run(account, this.keys.principal(principal), args.map(String)),
    );
    return !isWithin;
  }

  /** Gives back the place of a stream that is not kept any more. */
  async forget(principal: string, id: string): Promise<void> {
    await this.scripts.run(confirm, this.keys.principal(principal), [id, '-1']);
  }

  /** Asks once more if some of what counts may have expired. */
  async #succeeds(
    success: string,
    principal: string,
    ask: () => Promise<ScriptReply>,
  ): Promise<boolean> {
    const [outcome, ...due] = await ask();
    if (outcome === success || due.length === 0) return outcome === success;
    await Promise.all(due.map((id) => this.#lookUp(principal, id)));
    const [again] = await ask();
    return again === success;
  }

  async #lookUp(principal: string, id: string): Promise<void> {
    const [key] = this.keys.stream(id);
    const left = String(await this.scripts.command(key, ['PTTL', key]));
    await this.scripts.run(confirm, this.keys.principal(principal), [id, left]);
  }
}
