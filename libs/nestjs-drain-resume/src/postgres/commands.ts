import { AnswerTimeout, NoAnswerError } from '../answer-timeout.js';
import type { AlarmClock } from '../clock.js';
import { StoreUnavailableError } from '../errors.js';
import { InvalidResumeOptionsError } from '../options.js';
import type { PgPool, PgPoolClient, Row } from './connection.js';
import { toText } from './text.js';

export type Value = string | number | boolean | null | readonly string[];

export interface CommandsOptions {
  readonly pool: PgPool;
  readonly clock: AlarmClock;
  /** Milliseconds after which a command counts as failed, its wait for a connection included. */
  readonly timeout: number;
  /** A command was not answered in time. */
  readonly onSilence: () => void;
}

/** How often a statement is run that lost a conflict with another transaction. */
const mostTries = 20;

/** Runs single statements, each on any connection of the pool, and says which failures are temporary. */
export class Commands {
  readonly #answers: AnswerTimeout;

  constructor(private readonly options: CommandsOptions) {
    this.#answers = new AnswerTimeout(options.clock, options.timeout);
  }

  /** @throws StoreUnavailableError if the server cannot be asked now; its own error if asking again would not help. */
  async run(text: string, values: readonly Value[] = []): Promise<readonly Row[]> {
    const statement = new Statement(this.options.pool, text, values.map(parameterOf));
    try {
      return await this.#answers.limit(() => statement.run());
    } catch (error) {
      statement.giveUp();
      if (error instanceof NoAnswerError) this.options.onSilence();
      throw isTemporary(error) ? unavailable(error) : withRemedy(error);
    }
  }
}

/** One statement, on one connection at a time. One on which it failed may be half open: then it is not used again. */
class Statement {
  #isGivenUp = false;
  #client: PgPoolClient | undefined;

  constructor(
    private readonly pool: PgPool,
    private readonly text: string,
    private readonly values: unknown[],
  ) {}

  async run(): Promise<Row[]> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await this.#try();
      } catch (error) {
        // The server has answered: the connection can be used again.
        this.#release(!isRolledBack(error));
        if (this.#isGivenUp || !isRolledBack(error) || tries === mostTries) throw error;
      }
    }
  }

  /** Nothing waits for its answer any more. */
  giveUp(): void {
    this.#isGivenUp = true;
    this.#release(true);
  }

  async #try(): Promise<Row[]> {
    const client = await this.pool.connect();
    if (this.#isGivenUp) {
      client.release();
      return [];
    }
    this.#client = client;
    // The query fails too; an error without a listener would end the process.
    client.on('error', ignore);
    const { rows } = await client.query(this.text, this.values);
    this.#release(false);
    return rows as Row[];
  }

  #release(destroy: boolean): void {
    const client = this.#client;
    this.#client = undefined;
    client?.release(destroy);
    client?.removeListener('error', ignore);
  }
}

const ignore = (): void => undefined;

function parameterOf(value: Value): unknown {
  if (typeof value === 'string') return toText(value);
  return Array.isArray(value) ? value.map(toText) : value;
}

/** Classes of SQLSTATE that pass: no connection, a rolled back transaction, no resources, an operator, the system. */
const passingClasses = new Set(['08', '40', '53', '57', '58']);
/** Others: a standby or a former primary, a lock that was not given, a transaction that was idle too long. */
const passing = new Set(['25006', '55P03', '25P03', '25P04']);

/** Without an answer at all, another try may have one. */
function isTemporary(error: unknown): boolean {
  const state = sqlState(error);
  if (state === undefined) return true;
  return passingClasses.has(state.slice(0, 2)) || passing.has(state);
}

/**
 * A conflict with another transaction, which has won: where the isolation is stricter than the default, appends and
 * creates of one principal have many. Nothing was done, and the next try sees what the other one did.
 */
function isRolledBack(error: unknown): boolean {
  return sqlState(error)?.startsWith('40') ?? false;
}

/** Undefined for an error of the connection. */
function sqlState(error: unknown): string | undefined {
  const { code, severity } = error as { code?: unknown; severity?: unknown };
  return typeof code === 'string' && severity !== undefined ? code : undefined;
}

/** What a database answers that has not the schema, a function of it, or a table. */
const unset = new Set(['3F000', '42883', '42P01']);

function withRemedy(error: unknown): unknown {
  if (!unset.has(sqlState(error) ?? '')) return error;
  return new InvalidResumeOptionsError(
    `The database has not what the store needs: ${(error as Error).message}. Call \`await store.setup()\` at start, or ` +
      'run `postgresSchema()` in a migration.',
    { cause: error },
  );
}

function unavailable(cause: unknown): StoreUnavailableError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new StoreUnavailableError(
    `PostgreSQL cannot be asked: ${reason}. Check that it runs, and the pool's address; raise \`commandTimeout\`, or ` +
      'the `max` of the pool, if it is only slow.',
    { cause },
  );
}
