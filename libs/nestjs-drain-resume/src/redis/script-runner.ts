import { createHash } from 'node:crypto';
import { AnswerTimeout, NoAnswerError } from '../answer-timeout.js';
import type { AlarmClock } from '../clock.js';
import { StoreUnavailableError } from '../errors.js';
import type { RedisConnection } from './connection.js';
import type { ScriptReply } from './scripts.js';

/** Runs scripts by their digest and sends their source only to a server that does not know it (yet, or any more). */
export class ScriptRunner {
  readonly #digests = new Map<string, string>();
  readonly #answers: AnswerTimeout;
  #lastReconnect = Number.NEGATIVE_INFINITY;

  /** @param timeout milliseconds after which a command counts as failed. */
  constructor(
    private readonly connection: RedisConnection,
    private readonly clock: AlarmClock,
    timeout: number,
  ) {
    this.#answers = new AnswerTimeout(clock, timeout);
  }

  /** @throws StoreUnavailableError if the server cannot be asked now; its own error if asking again would not help. */
  run(script: string, keys: readonly string[], args: readonly string[]): Promise<ScriptReply> {
    return this.ask(script, keys, args, textsOf);
  }

  /**
   * As `run`, with what `read` makes of the reply. No async function, and one promise for all: a busy process has
   * thousands of calls under way, and each frame outlives its collections.
   */
  ask<T>(
    script: string,
    keys: readonly string[],
    args: readonly string[],
    read: (reply: unknown) => T | Promise<T>,
  ): Promise<T> {
    const [key = ''] = keys;
    const command = ['EVALSHA', this.#digest(script), String(keys.length), ...keys, ...args];
    const recover = (error: unknown, explained: unknown): Promise<T> => {
      if (replyCode(error) !== 'NOSCRIPT') throw explained;
      return this.command(key, ['EVAL', script, ...command.slice(2)]).then(read);
    };
    return this.#send(key, command, read, recover);
  }

  /** Throws as `run`. */
  command(key: string, command: readonly string[]): Promise<unknown> {
    return this.#send(
      key,
      command,
      (reply) => reply,
      (_, explained) => {
        throw explained;
      },
    );
  }

  #send<T>(
    key: string,
    command: readonly string[],
    read: (reply: unknown) => T | Promise<T>,
    recover: (error: unknown, explained: unknown) => T | Promise<T>,
  ): Promise<T> {
    return this.#answers.ask(
      () => this.connection.send(key, command),
      read,
      (error, asked) => recover(error, this.#explained(error, asked)),
    );
  }

  #explained(error: unknown, asked: number): unknown {
    if (error instanceof NoAnswerError) this.#suspectConnection(asked);
    return isTemporary(error) ? unavailable(error) : error;
  }

  /** Nothing was answered since the command was sent: nothing may ever come over this connection again. */
  #suspectConnection(asked: number): void {
    const now = this.clock.now();
    if (this.#answers.last >= asked || this.#lastReconnect >= asked) return;
    this.#lastReconnect = now;
    this.connection.reconnect?.();
  }

  #digest(script: string): string {
    const known = this.#digests.get(script);
    if (known) return known;
    const digest = createHash('sha1').update(script).digest('hex');
    this.#digests.set(script, digest);
    return digest;
  }
}

export function textsOf(reply: unknown): ScriptReply {
  return (reply as unknown[]).map(String) as [string, ...string[]];
}

/** Errors that the server answers with and that pass: it loads, fails over, is full, or runs a long script. */
const passing = new Set([
  ...['LOADING', 'BUSY', 'OOM', 'MISCONF', 'READONLY', 'MASTERDOWN', 'NOREPLICAS'],
  ...['CLUSTERDOWN', 'TRYAGAIN', 'MOVED', 'ASK', 'UNBLOCKED'],
]);

/** Without an answer at all, another try may have one. */
function isTemporary(error: unknown): boolean {
  const code = replyCode(error);
  return code === undefined || passing.has(code);
}

/** Redis 6.2 puts the error of a command in a script behind an ERR of the script, where newer servers give it as it is. */
const replyCodes = /^(?:ERR Error running script .*?: -)?([A-Z]{2,}) /s;

/** What Redis' error replies begin with, such as `WRONGTYPE`; undefined for an error of the connection. */
function replyCode(error: unknown): string | undefined {
  return error instanceof Error ? replyCodes.exec(error.message)?.[1] : undefined;
}

/** What `@redis/client` says of a client that was never connected, and of one that was closed. */
const neverConnected = 'The client is closed';

function unavailable(cause: unknown): StoreUnavailableError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const message =
    reason === neverConnected
      ? 'Redis cannot be asked: The client is closed. Connect it with `await client.connect()` before the application ' +
        'starts, and close it behind the application.'
      : `Redis cannot be asked: ${reason}. Check that it runs, and the client's url; raise \`commandTimeout\` if it is ` +
        'only slow.';
  return new StoreUnavailableError(message, { cause });
}
