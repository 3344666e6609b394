import { createHash } from 'node:crypto';
import type { Clock } from '../core/clock.js';
import { StoreUnavailableError } from '../resume/index.js';
import type { RedisConnection } from './connection.js';

/** A reply of one of our scripts: the outcome and what belongs to it. */
export type ScriptReply = readonly [outcome: string, ...rest: string[]];

/** Runs scripts by their digest and sends their source only to a server that does not know it (yet, or any more). */
export class ScriptRunner {
  readonly #digests = new Map<string, string>();

  /** @param timeout milliseconds after which a command counts as failed. */
  constructor(
    private readonly connection: RedisConnection,
    private readonly clock: Clock,
    private readonly timeout: number,
  ) {}

  /** @throws StoreUnavailableError */
  async run(
    script: string,
    keys: readonly string[],
    args: readonly string[],
  ): Promise<ScriptReply> {
    const reply = (await this.command(keys[0] ?? '', async (send) => {
      const parameters = [String(keys.length), ...keys, ...args];
      try {
        return await send(['EVALSHA', this.#digest(script), ...parameters]);
      } catch (error) {
        if (!isUnknownScript(error)) throw error;
        return await send(['EVAL', script, ...parameters]);
      }
    })) as unknown[];
    return reply.map(String) as [string, ...string[]];
  }

  /** @throws StoreUnavailableError */
  async command(
    key: string,
    work: (send: (command: readonly string[]) => Promise<unknown>) => Promise<unknown>,
  ): Promise<unknown> {
    let cancel: () => void = () => undefined;
    const late = new Promise<never>((_, reject) => {
      cancel = this.clock.schedule(this.timeout, () => {
        reject(new Error(`no answer within ${this.timeout / 1000} s (\`commandTimeout\`)`));
      });
    });
    try {
      return await Promise.race([work((command) => this.connection.send(key, command)), late]);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new StoreUnavailableError(
        `Redis cannot be asked: ${reason}. Check that it runs and that the client's url and permissions are right.`,
        { cause: error },
      );
    } finally {
      cancel();
    }
  }

  #digest(script: string): string {
    const known = this.#digests.get(script);
    if (known) return known;
    const digest = createHash('sha1').update(script).digest('hex');
    this.#digests.set(script, digest);
    return digest;
  }
}

function isUnknownScript(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('NOSCRIPT');
}
