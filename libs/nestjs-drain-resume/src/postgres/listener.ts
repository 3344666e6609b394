import { AnswerTimeout } from '../answer-timeout.js';
import type { AlarmClock } from '../clock.js';
import { WakeUp } from '../waiting.js';
import type { Session, SessionListener } from './connection.js';

export interface ListenerOptions {
  /** Opens a session, and throws if it cannot. */
  readonly open: (listener: SessionListener) => Promise<Session>;
  readonly clock: AlarmClock;
  /** Milliseconds after which a statement of the session counts as failed. */
  readonly timeout: number;
  readonly onError: (error: unknown) => void;
}

const shortestPause = 50;
const longestPause = 5_000;

/**
 * Readers of this process that wait for streams to grow: one session for all of them. A session that is lost is opened
 * again; then every reader is woken, as wake-ups were lost with it. Meanwhile readers poll.
 */
export class Listener {
  readonly #watchers = new Map<string, Set<() => void>>();
  /** What the present session listens to. */
  readonly #heard = new Set<string>();
  readonly #closed = new AbortController();
  readonly #never = new WakeUp();
  readonly #answers: AnswerTimeout;
  #session: Session | undefined;
  #aligning = false;

  constructor(private readonly options: ListenerOptions) {
    this.#answers = new AnswerTimeout(options.clock, options.timeout);
  }

  /** Calls `wake` once listening has begun, and then for every notification. Returns how to stop. */
  watch(channel: string, wake: () => void): () => void {
    const watchers = this.#watchers.get(channel);
    if (watchers) watchers.add(wake);
    else this.#watchers.set(channel, new Set([wake]));
    void this.#align();
    return () => this.#unwatch(channel, wake);
  }

  /** Drops the session, which may be half open, and opens another one. */
  reopen(): void {
    this.#drop();
    void this.#align();
  }

  close(): void {
    this.#closed.abort();
    this.#drop();
  }

  #unwatch(channel: string, wake: () => void): void {
    const watchers = this.#watchers.get(channel);
    if (!watchers?.delete(wake) || watchers.size > 0) return;
    this.#watchers.delete(channel);
    void this.#align();
  }

  #rouse(channel: string): void {
    for (const wake of [...(this.#watchers.get(channel) ?? [])]) wake();
  }

  /** Until the session listens to what is watched, and to nothing else. */
  async #align(): Promise<void> {
    if (this.#aligning) return;
    this.#aligning = true;
    let pause = shortestPause;
    while (!this.#closed.signal.aborted && !this.#isAligned()) {
      try {
        await this.#change();
        pause = shortestPause;
      } catch (error) {
        this.#drop();
        this.options.onError(error);
        await this.#never.wait(this.options.clock, pause, this.#closed.signal);
        pause = Math.min(pause * 2, longestPause);
      }
    }
    this.#aligning = false;
    // A session that opened after `close`.
    if (this.#closed.signal.aborted) this.#drop();
  }

  #isAligned(): boolean {
    const watched = [...this.#watchers.keys()];
    return watched.length === this.#heard.size && watched.every((name) => this.#heard.has(name));
  }

  async #change(): Promise<void> {
    this.#session ??= await this.#open();
    const session = this.#session;
    const added = [...this.#watchers.keys()].filter((channel) => !this.#heard.has(channel));
    const removed = [...this.#heard].filter((channel) => !this.#watchers.has(channel));
    const statements = [
      ...added.map((channel) => `listen "${channel}"`),
      ...removed.map((channel) => `unlisten "${channel}"`),
    ];
    await this.#answers.limit(() => session.query(statements.join('; ')));
    // Lost meanwhile: the next round begins anew.
    if (this.#session !== session) return;
    for (const channel of removed) this.#heard.delete(channel);
    for (const channel of added) this.#heard.add(channel);
    // Events that were appended before it listened have woken no reader.
    for (const channel of added) this.#rouse(channel);
  }

  async #open(): Promise<Session> {
    let opened: Session | undefined;
    const opening = this.options.open({
      notified: (channel) => this.#rouse(channel),
      lost: (error) => {
        if (opened && this.#session === opened) this.#lose(error);
      },
    });
    try {
      return (opened = await this.#answers.limit(() => opening));
    } catch (error) {
      // One that opens later is not needed any more.
      opening.then((late) => late.close()).catch(() => undefined);
      throw error;
    }
  }

  #lose(error: unknown): void {
    this.#drop();
    this.options.onError(error);
    void this.#align();
  }

  #drop(): void {
    const session = this.#session;
    this.#session = undefined;
    this.#heard.clear();
    session?.close();
  }
}
