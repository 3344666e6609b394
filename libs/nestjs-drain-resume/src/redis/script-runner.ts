import { createHash } from 'node:crypto';
import type { Clock } from '../clock.js';
import { StoreUnavailableError } from '../errors.js';
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
    const reply = (await this.#bounded(this.#evaluate(script, keys, args))) as unknown[];
    return reply.map(String) as [string, ...string[]];
  }

  /** @throws StoreUnavailableError */
  async command(key: string, command: readonly string[]): Promise<unknown> {
    return this.#bounded(this.connection.send(key, command));
  }

  async #evaluate(
    script: string,
    keys: readonly string[],
    args: readonly string[],
  ): Promise<unknown> {
    const [key = ''] = keys;
    const parameters = [String(keys.length), ...keys, ...args];
    try {
      return await this.connection.send(key, ['EVALSHA', this.#digest(script), ...parameters]);
    } catch (error) {
      if (!isUnknownScript(error)) throw error;
      return this.connection.send(key, ['EVAL', script, ...parameters]);
    }
  }

  #bounded(work: Promise<unknown>): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const cancel = this.clock.schedule(this.timeout, () => {
        reject(unavailable(new Error(`no answer within ${this.timeout / 1000} s`)));
      });
      work.then(
        (reply) => {
          cancel();
          resolve(reply);
        },
        (error: unknown) => {
          cancel();
          reject(unavailable(error));
        },
      );
    });
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

function unavailable(cause: unknown): StoreUnavailableError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new StoreUnavailableError(
    `Redis cannot be asked: ${reason}. Check that it runs, and the client's url and permissions; raise ` +
      '`commandTimeout` if it is only slow.',
    { cause },
  );
}
