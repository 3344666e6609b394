import { StoreUnavailableError } from '../errors.js';
import type { MemoryResumeStore } from '../memory-store.js';
import type { ResumeStore, StreamPage } from '../store.js';

/** What one replica sees of a store that several share. It can be cut off, and counts what it is asked. */
export class StoreLink implements ResumeStore {
  readonly shared = true;
  isCut = false;
  /** Its readers hear of nothing more: a wake-up was lost, and the next look is far away. */
  isDeaf = false;
  /** How many answers are lost on their way, though the store has done its part. */
  lost = 0;
  reads = 0;
  pages = 0;

  constructor(private readonly store: MemoryResumeStore) {}

  newId = (...args: Parameters<ResumeStore['newId']>) => this.store.newId(...args);
  create: ResumeStore['create'] = this.#through('create');
  append: ResumeStore['append'] = this.#through('append');
  head = this.#through('head');
  claim = this.#through('claim');
  renew = this.#through('renew');
  release = this.#through('release');
  requestCancel = this.#through('requestCancel');
  delete: ResumeStore['delete'] = this.#through('delete');
  listLapsed = this.#through('listLapsed');

  read: ResumeStore['read'] = (...args) => {
    this.reads += 1;
    return this.#answer(() => this.store.read(...args));
  };

  async *tail(...args: Parameters<ResumeStore['tail']>): AsyncGenerator<StreamPage, void> {
    const [, , signal] = args;
    const pages = this.store.tail(...args);
    try {
      for await (const page of pages) {
        if (this.isDeaf) await aborted(signal);
        if (signal.aborted) return;
        this.pages += 1;
        yield page;
      }
    } catch (error) {
      if (!this.isDeaf) throw error;
      await aborted(signal);
    }
  }

  #through<Name extends Exclude<keyof ResumeStore, 'shared' | 'tail'>>(
    name: Name,
  ): ResumeStore[Name] {
    const call = (...args: never[]) =>
      this.#answer(() => (this.store[name] as (...args: never[]) => Promise<unknown>)(...args));
    return call as ResumeStore[Name];
  }

  async #answer<T>(call: () => Promise<T>): Promise<T> {
    if (this.isCut) throw new StoreUnavailableError('cut off');
    const answer = await call();
    if (this.lost === 0) return answer;
    this.lost -= 1;
    throw new StoreUnavailableError('the answer was lost');
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
