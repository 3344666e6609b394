import { createHash } from 'node:crypto';
import { absence, newIncarnation, newStreamId } from '../identifier.js';
import { terminalAllowance } from '../memory-log.js';
import { InvalidResumeOptionsError } from '../options.js';
import { countingStep } from '../server-store-options.js';
import { StoreMark } from '../store-mark.js';
import type {
  Absent,
  Appended,
  AppendRefused,
  CancelRequest,
  Claimed,
  ClaimRefused,
  Created,
  CreateRefused,
  Deletion,
  Found,
  LeaseRefused,
  NewStream,
  ReadRefused,
  Released,
  Renewed,
  ResumeStore,
  StreamPage,
} from '../store.js';
import { tailByReading, type TailSource } from '../tail.js';
import { Announcements } from './announcements.js';
import { Commands, type Value } from './commands.js';
import { type Row, sessionBy, sessionOf } from './connection.js';
import { Lanes } from './lanes.js';
import { Listener } from './listener.js';
import { type PostgresStoreOptions, resolveOptions } from './options.js';
import { headColumns, headOf, pageOf } from './rows.js';
import { postgresSchema, quoted, schemaVersion } from './schema.js';
import { Sweeper } from './sweeper.js';
import { fromText } from './text.js';

/**
 * Keeps logs in PostgreSQL (13 or newer), for any number of replicas. Call `setup` before the first use. What a crash
 * of the server loses depends on `synchronous_commit` and its standbys; a reader is never given a wrong continuation.
 */
export class PostgresResumeStore implements ResumeStore {
  readonly shared = true;
  readonly #schema: string;
  readonly #limits: { stream: number; streams: number; bytes: number; step: number };
  readonly #commands: Commands;
  readonly #listener: Listener | undefined;
  readonly #announcements: Announcements;
  readonly #sweeper: Sweeper;
  readonly #lanes = new Lanes();
  readonly #incarnation: StoreMark;
  readonly #tailSource: TailSource;

  /** @throws InvalidResumeOptionsError for values that cannot work. */
  constructor(options: PostgresStoreOptions) {
    const resolved = resolveOptions(options);
    const { pool, schema, clock, onError, listen } = resolved;
    const timeout = resolved.commandTimeout * 1000;
    this.#schema = schema;
    this.#limits = {
      // The database takes whole numbers only.
      stream: Math.floor(resolved.maxStreamBytes),
      streams: Math.floor(resolved.maxStreamsPerPrincipal),
      bytes: Math.floor(resolved.maxBytesPerPrincipal),
      step: countingStep(resolved.maxBytesPerPrincipal),
    };
    const onSilence = () => this.#listener?.reopen();
    this.#commands = new Commands({ pool, clock, timeout, onSilence });
    this.#announcements = new Announcements(this.#commands, onError);
    this.#sweeper = new Sweeper(clock, (limit) => this.#sweep(null, limit), onError);
    this.#incarnation = new StoreMark(() => this.#mark());
    const open: ConstructorParameters<typeof Listener>[0]['open'] = (listener) =>
      listen ? sessionBy(listen, listener) : sessionOf(pool, listener);
    if (listen !== false) this.#listener = new Listener({ open, clock, timeout, onError });
    this.#tailSource = {
      clock,
      read: (...args) => this.read(...args),
      watch: (id, wake) => this.#listener?.watch(this.#channel(id), wake) ?? (() => undefined),
      poll: resolved.poll * 1000,
      storeTimeout: resolved.storeTimeout * 1000,
    };
  }

  /**
   * Makes the schema, its tables and functions, unless they are there in this version. Any number of replicas may call
   * it at once. The role needs CREATE on the database only if they are not there.
   * @throws StoreUnavailableError if the server cannot be asked now; InvalidResumeOptionsError if its encoding is not
   * UTF8; what the database answers otherwise, such as a missing permission.
   */
  async setup(): Promise<void> {
    const [row] = await this.#commands.run('select getdatabaseencoding() as encoding');
    if (row?.['encoding'] !== 'UTF8') {
      throw new InvalidResumeOptionsError(
        `The database has the encoding ${String(row?.['encoding'])}; set the \`pool\` to a database with UTF8.`,
      );
    }
    const query = `select version from ${quoted(this.#schema)}.store`;
    const [present] = await this.#commands.run(query).catch(orNotThere);
    const version = Number(present?.['version'] ?? 0);
    // Several statements without parameters are one transaction.
    if (version < schemaVersion) await this.#commands.run(postgresSchema(this.#schema));
  }

  async newId(prefix?: string): Promise<string> {
    return newStreamId(await this.#incarnation.lastSeen, prefix);
  }

  async create(stream: NewStream): Promise<Created | CreateRefused> {
    const { id, owner, principal, request } = stream;
    const share = createHash('sha256').update(principal).digest('hex');
    const values = [
      ...[id, owner, principal, share, request, Buffer.byteLength(request)],
      ...[Math.ceil(stream.lease * 1000), Math.ceil(stream.ttl * 1000)],
      ...[this.#limits.streams, this.#limits.bytes],
    ];
    const create = () => this.#one('create_stream', values);
    let row = await create();
    if (row['outcome'] === 'tooMany' && (await this.#tidy(share))) row = await create();
    this.#sweeper.sweepSometimes();
    const outcome = row['outcome'] as 'created' | 'exists' | 'tooMany';
    return outcome === 'created' ? { outcome, epoch: Number(row['epoch']) } : { outcome };
  }

  append(
    id: string,
    epoch: number,
    first: number,
    events: readonly string[],
    terminal = false,
  ): Promise<Appended | AppendRefused> {
    const { stream, step, bytes } = this.#limits;
    const values = [
      ...[id, epoch, first, events, terminal],
      ...[stream, terminalAllowance, step, bytes],
    ];
    return this.#lanes.run(id, () => this.#append(id, values));
  }

  async #append(id: string, values: readonly Value[]): Promise<Appended | AppendRefused> {
    const append = () => this.#one('append', values);
    let row = await append();
    if (row['outcome'] === 'over' && (await this.#tidy(String(row['share'])))) row = await append();
    const number = Number(row['number']);
    switch (row['outcome']) {
      case 'appended':
        this.#announcements.announce(this.#channel(id));
        this.#sweeper.sweepSometimes();
        return { outcome: 'appended', next: number, cancelRequested: row['cancel'] === true };
      case 'gapped':
        return { outcome: 'gapped', next: number };
      case 'tooLarge':
      case 'over':
        return { outcome: 'tooLarge', limit: number };
      default:
        return { outcome: row['outcome'] } as LeaseRefused;
    }
  }

  async read(
    id: string,
    after: number,
    limit: number,
    epoch?: number,
  ): Promise<StreamPage | ReadRefused> {
    const place = Math.min(after, Number.MAX_SAFE_INTEGER);
    const [first, ...rows] = await this.#call('read', [id, place, limit]);
    return first ? pageOf([first, ...rows], after, limit, epoch) : this.#absent(id);
  }

  tail(id: string, after: number, signal: AbortSignal, epoch?: number): AsyncIterable<StreamPage> {
    return tailByReading(this.#tailSource, id, after, signal, epoch);
  }

  async head(id: string): Promise<Found | Absent> {
    const query = `select ${headColumns('s')} from ${quoted(this.#schema)}.find($1) s`;
    const [row] = await this.#commands.run(query, [id]);
    return row ? { outcome: 'found', head: headOf(id, row) } : this.#absent(id);
  }

  async claim(id: string, owner: string): Promise<Claimed | ClaimRefused> {
    const columns = headColumns('(c.stream)');
    const query = `select c.outcome, ${columns} from ${quoted(this.#schema)}.claim($1, $2) c`;
    const row = only(await this.#commands.run(query, [id, owner]));
    const outcome = row['outcome'] as 'claimed' | 'held' | 'closed' | 'absent';
    if (outcome === 'claimed') return { outcome, head: headOf(id, row) };
    return outcome === 'absent' ? this.#absent(id) : { outcome };
  }

  async renew(id: string, epoch: number): Promise<Renewed | LeaseRefused> {
    const row = await this.#lanes.run(id, () => this.#one('hold', [id, epoch, false]));
    if (row['outcome'] !== 'renewed') return { outcome: row['outcome'] } as LeaseRefused;
    return { outcome: 'renewed', cancelRequested: row['cancel'] === true };
  }

  async release(id: string, epoch: number): Promise<Released | LeaseRefused> {
    const row = await this.#lanes.run(id, () => this.#one('hold', [id, epoch, true]));
    return { outcome: row['outcome'] } as Released | LeaseRefused;
  }

  async requestCancel(id: string): Promise<CancelRequest> {
    const { request_cancel: outcome } = await this.#one('request_cancel', [id]);
    if (outcome === 'absent') return this.#absent(id);
    return { outcome } as CancelRequest;
  }

  async delete(id: string, incarnation?: string): Promise<Deletion> {
    const { remove: outcome } = await this.#one('remove', [id, incarnation ?? null]);
    if (outcome === 'gone') return { outcome };
    if (outcome !== 'deleted') return this.#absent(id);
    this.#announcements.announce(this.#channel(id));
    return { outcome: 'deleted' };
  }

  async listLapsed(limit: number): Promise<readonly string[]> {
    const rows = await this.#call('lapsed', [limit]);
    return rows.map((row) => fromText(String(row['lapsed'])));
  }

  /**
   * Removes all expired streams now, and says how many. A write does that every few seconds; without writes they stay.
   */
  sweep(): Promise<number> {
    return this.#sweeper.all();
  }

  /** Stops listening and gives the pool its connection back. The pool stays open; `pool.end()` waits for this. */
  close(): Promise<void> {
    this.#listener?.close();
    return Promise.resolve();
  }

  /** Removes expired streams of a principal that may keep no more. Whether there were any. */
  async #tidy(share: string): Promise<boolean> {
    return (await this.#sweep(share, this.#limits.streams)) > 0;
  }

  async #sweep(share: string | null, limit: number): Promise<number> {
    const { sweep } = await this.#one('sweep', [share, limit]);
    return Number(sweep);
  }

  async #mark(): Promise<string> {
    const { mark } = await this.#one('mark', [newIncarnation()]);
    return String(mark);
  }

  async #absent(id: string): Promise<Absent> {
    return absence(id, await this.#incarnation.present());
  }

  #channel(id: string): string {
    const hash = createHash('sha256').update(id).digest('hex').slice(0, 32);
    return `${this.#schema}:${hash}`;
  }

  #call(name: string, values: readonly Value[]): Promise<readonly Row[]> {
    const parameters = values.map((_, index) => `$${index + 1}`).join(', ');
    return this.#commands.run(
      `select * from ${quoted(this.#schema)}.${name}(${parameters})`,
      values,
    );
  }

  async #one(name: string, values: readonly Value[]): Promise<Row> {
    return only(await this.#call(name, values));
  }
}

function only([row]: readonly Row[]): Row {
  if (!row) throw new TypeError('A function of the database gave no row.');
  return row;
}

/** No rows of a table that is not there. */
function orNotThere(error: unknown): readonly Row[] {
  if (error instanceof InvalidResumeOptionsError) return [];
  throw error;
}
