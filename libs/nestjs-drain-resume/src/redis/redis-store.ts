import { absence, newIncarnation, newStreamId } from '../identifier.js';
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
import { type RedisConnection, WakeUps } from './connection.js';
import { RedisKeys } from './keys.js';
import { type RedisStoreOptions, resolveOptions } from './options.js';
import { PrincipalQuota } from './principal-quota.js';
import { ScriptRunner, textsOf } from './script-runner.js';
import * as scripts from './scripts.js';
import { headOf, isOf, lapsedOf, pageOf, type ScriptReply } from './scripts.js';
import { ServerIncarnation } from './server-incarnation.js';

/**
 * Keeps logs in Redis (server 6.2 or newer), for any number of replicas. What a restart of the
 * server loses depends on its persistence; a reader is never given a wrong continuation.
 */
export class RedisResumeStore implements ResumeStore {
  readonly shared = true;
  readonly #connection: RedisConnection;
  readonly #keys: RedisKeys;
  readonly #scripts: ScriptRunner;
  readonly #incarnation: ServerIncarnation;
  readonly #quota: PrincipalQuota;
  readonly #append: string;
  readonly #onError: (error: unknown) => void;
  readonly #tailSource: TailSource;

  /** @throws InvalidResumeOptionsError for values that cannot work. */
  constructor(options: RedisStoreOptions) {
    const resolved = resolveOptions(options);
    const { connection, clock, poll, storeTimeout, commandTimeout, onError } = resolved;
    this.#connection = connection;
    this.#onError = onError;
    this.#keys = new RedisKeys(resolved.prefix);
    this.#scripts = new ScriptRunner(connection, clock, commandTimeout * 1000);
    this.#incarnation = new ServerIncarnation(this.#scripts, this.#keys.incarnation());
    this.#quota = new PrincipalQuota(this.#scripts, this.#keys, resolved);
    this.#append = scripts.append({
      maxStreamBytes: resolved.maxStreamBytes,
      step: this.#quota.step,
      channelPrefix: this.#keys.channel(''),
    });
    const wakeUps = new WakeUps(connection, onError);
    this.#tailSource = {
      clock,
      read: (...args) => this.read(...args),
      watch: (id, wake) => wakeUps.watch(this.#keys.channel(id), wake),
      poll: poll * 1000,
      storeTimeout: storeTimeout * 1000,
    };
  }

  async newId(prefix?: string): Promise<string> {
    return newStreamId(await this.#incarnation.lastSeen, prefix);
  }

  async create(stream: NewStream): Promise<Created | CreateRefused> {
    const { id, owner, principal, request } = stream;
    const ttl = Math.ceil(stream.ttl * 1000);
    const bytes = Buffer.byteLength(request);
    if (!(await this.#quota.reserve(principal, id, ttl, bytes))) return { outcome: 'tooMany' };
    const lease = Math.ceil(stream.lease * 1000);
    const [outcome, epoch] = await this.#run(scripts.create, id, [
      ...[id, owner, principal, request],
      ...[lease, ttl, newIncarnation(), bytes],
    ]);
    return outcome === 'created' ? { outcome, epoch: Number(epoch) } : { outcome: 'exists' };
  }

  append(
    id: string,
    epoch: number,
    first: number,
    events: readonly string[],
    terminal = false,
  ): Promise<Appended | AppendRefused> {
    const keys = this.#keys.keep(id);
    if (terminal) this.#keys.forget(id);
    const args = [id, String(epoch), String(first), terminal ? '1' : '0', ...events];
    return this.#scripts.ask(this.#append, keys, args, (reply) => {
      // Nearly every append has nothing else to tell. Clients may be set up to bring integers as texts.
      if (typeof reply !== 'object') return appendedUpTo(Number(reply));
      const texts = textsOf(reply);
      const [, , , bytes, principal] = texts;
      const appended = appendedOf(texts);
      if (principal === undefined) return appended;
      return this.#account(id, principal, Number(bytes)).then(() => appended);
    });
  }

  /** The events are logged, so nothing of this may fail the append: the next step counts the same bytes again. */
  async #account(id: string, principal: string, bytes: number): Promise<void> {
    try {
      if (await this.#quota.isOver(principal, id, bytes)) await this.#run(scripts.cap, id, []);
    } catch (error) {
      this.#onError(error);
    }
  }

  async read(
    id: string,
    after: number,
    limit: number,
    epoch?: number,
  ): Promise<StreamPage | ReadRefused> {
    const reply = await this.#run(scripts.read, id, [after, limit]);
    const [outcome, next] = reply;
    if (outcome === 'page') {
      const isReplaced = after >= 0 && epoch !== undefined && !isOf(reply, after, epoch);
      return isReplaced ? { outcome: 'replaced' } : pageOf(reply, after);
    }
    if (outcome === 'ahead') return { outcome, next: Number(next) };
    return outcome === 'lost' ? { outcome: 'gone' } : this.#absent(id);
  }

  tail(id: string, after: number, signal: AbortSignal, epoch?: number): AsyncIterable<StreamPage> {
    return tailByReading(this.#tailSource, id, after, signal, epoch);
  }

  async head(id: string): Promise<Found | Absent> {
    const reply = await this.#run(scripts.find, id, []);
    return reply[0] === 'found' ? { outcome: 'found', head: headOf(id, reply) } : this.#absent(id);
  }

  async claim(id: string, owner: string): Promise<Claimed | ClaimRefused> {
    const reply = await this.#run(scripts.claim, id, [id, owner]);
    const [outcome] = reply;
    if (outcome === 'claimed') return { outcome, head: headOf(id, reply) };
    return outcome === 'held' || outcome === 'closed' ? { outcome } : this.#absent(id);
  }

  async renew(id: string, epoch: number): Promise<Renewed | LeaseRefused> {
    const [outcome, cancel] = await this.#run(scripts.renew, id, [id, epoch]);
    if (outcome === 'renewed') return { outcome, cancelRequested: cancel === '1' };
    return { outcome } as LeaseRefused;
  }

  async release(id: string, epoch: number): Promise<Released | LeaseRefused> {
    const [outcome] = await this.#run(scripts.release, id, [id, epoch]);
    return { outcome } as Released | LeaseRefused;
  }

  async requestCancel(id: string): Promise<CancelRequest> {
    const [outcome] = await this.#run(scripts.requestCancel, id, []);
    return outcome === 'requested' || outcome === 'closed' ? { outcome } : this.#absent(id);
  }

  async delete(id: string, incarnation?: string): Promise<Deletion> {
    const life = incarnation === undefined ? [] : [incarnation];
    const args = [id, this.#keys.channel(id), ...life];
    const [outcome, principal = ''] = await this.#run(scripts.remove, id, args);
    if (outcome === 'gone') return { outcome };
    if (outcome !== 'deleted') return this.#absent(id);
    // The stream is gone; a place that is not given back now is free again when its time is over.
    await this.#quota.forget(principal, id).catch(this.#onError);
    return { outcome };
  }

  async listLapsed(limit: number): Promise<readonly string[]> {
    const lists = await Promise.all(
      this.#keys
        .allLeases()
        .map((key) => this.#scripts.run(scripts.listLapsed, [key], [String(limit)])),
    );
    return lapsedOf(lists).slice(0, limit);
  }

  /** Stops listening. The client the connection was made of stays open. */
  async close(): Promise<void> {
    await this.#connection.close();
  }

  #run(script: string, id: string, args: readonly (string | number)[]): Promise<ScriptReply> {
    return this.#scripts.run(script, this.#keys.stream(id), args.map(String));
  }

  async #absent(id: string): Promise<Absent> {
    return absence(id, await this.#incarnation.present());
  }
}

function appendedUpTo(next: number): Appended {
  return { outcome: 'appended', next, cancelRequested: false };
}

function appendedOf([outcome, next, cancel]: ScriptReply): Appended | AppendRefused {
  if (outcome === 'appended') {
    return { outcome, next: Number(next), cancelRequested: cancel === '1' };
  }
  if (outcome === 'gapped') return { outcome, next: Number(next) };
  if (outcome === 'tooLarge') return { outcome, limit: Number(next) };
  return { outcome } as LeaseRefused;
}
