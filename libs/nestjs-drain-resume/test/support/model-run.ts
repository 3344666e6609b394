import type { ResumeStore, StreamHead } from 'nestjs-drain-resume';
import { expect } from '@jest/globals';
import {
  firstOf,
  lease,
  payload,
  ResumeStoreModel,
  ttl,
  type Command,
} from './resume-store-model.js';
import { labelled } from '../../../../testing/labelled.js';

/** The store under test, and how to let time pass for it. */
export interface Subject {
  readonly store: ResumeStore;
  readonly pass: (seconds: number) => Promise<void>;
}

/** Does to the store what the model is told, and says what came of it in the model's words. */
export class ModelRun {
  readonly #model = new ResumeStoreModel();
  readonly #epochs = new Map<number, number>();
  readonly #ids: readonly string[];

  private constructor(
    private readonly subject: Subject,
    ids: readonly string[],
  ) {
    this.#ids = ids;
  }

  static async start(subject: Subject): Promise<ModelRun> {
    return new ModelRun(subject, [await subject.store.newId(), await subject.store.newId()]);
  }

  async step(command: Command): Promise<void> {
    const before = 'stream' in command ? this.#model.events(command.stream).length : 0;
    const epoch = 'owner' in command ? this.#epochOf(command.stream, command.owner) : 0;
    const expected = this.#model.apply(command) as
      { generation?: number; head?: object } | undefined;
    const actual = await this.#perform(command, before, epoch);
    if (command.do === 'create' || command.do === 'claim') this.#learn(expected, actual);
    labelled(JSON.stringify(command), () => expect(this.#inModelWords(actual)).toEqual(expected));
  }

  async finish(): Promise<void> {
    for (const [stream, id] of this.#ids.entries()) {
      const page = await this.subject.store.read(id, -1, 1000);
      const events = page.outcome === 'page' ? page.events.map((event) => event.payload) : [];
      expect(events).toEqual(this.#model.events(stream));
    }
  }

  #epochOf(stream: number, owner: number): number {
    const generation = this.#model.heldBy(stream, owner);
    return generation === undefined ? 1_000 : (this.#epochs.get(generation) ?? 1_000);
  }

  async #perform(command: Command, next: number, epoch: number): Promise<unknown> {
    const { store, pass } = this.subject;
    if (command.do === 'pass') return pass(command.seconds);
    if (command.do === 'list') {
      const lapsed = (await store.listLapsed(10)).map((lapsedId) => this.#ids.indexOf(lapsedId));
      // A list may name what has expired: the store refuses its claim.
      return lapsed
        .filter((stream) => this.#model.streams.has(stream) && this.#isThere(stream))
        .sort();
    }
    const id = this.#ids[command.stream] ?? '';
    switch (command.do) {
      case 'create': {
        const times = { lease, ttl };
        return store.create({
          id,
          owner: `${command.owner}`,
          principal: 'alice',
          request: '',
          ...times,
        });
      }
      case 'append': {
        const first = firstOf(command, next);
        const events = Array.from({ length: command.count }, (_, index) =>
          payload(command.stream, first + index),
        );
        return store.append(id, epoch, first, events, command.terminal);
      }
      case 'read':
        return store.read(id, Math.max(-1, next - 1 + command.offset), command.limit);
      case 'head':
        return store.head(id);
      case 'claim':
        return store.claim(id, `${command.owner}`);
      case 'cancel':
        return store.requestCancel(id);
      case 'delete':
        return store.delete(id);
      case 'renew':
        return store.renew(id, epoch);
      case 'release':
        return store.release(id, epoch);
    }
  }

  #isThere(stream: number): boolean {
    return (this.#model.apply({ do: 'head', stream }) as { outcome: string }).outcome === 'found';
  }

  #learn(expected: { generation?: number; head?: object } | undefined, actual: unknown): void {
    const { generation } = { ...expected, ...expected?.head } as { generation?: number };
    const { epoch, head } = actual as { epoch?: number; head?: StreamHead };
    const given = epoch ?? head?.epoch;
    if (generation !== undefined && given !== undefined && !this.#epochs.has(generation)) {
      labelled('an epoch given twice', () =>
        expect([...this.#epochs.values()]).not.toContain(given),
      );
      this.#epochs.set(generation, given);
    }
  }

  #inModelWords(actual: unknown): unknown {
    if (typeof actual !== 'object' || actual === null || Array.isArray(actual)) return actual;
    const { epoch, head, events, ...rest } = actual as Record<string, unknown> & {
      head?: StreamHead;
      events?: { payload: string }[];
    };
    delete rest['incarnation'];
    return {
      ...rest,
      ...(epoch === undefined ? {} : { generation: this.#generationOf(epoch as number) }),
      ...(events ? { events: events.map((event) => event.payload) } : {}),
      ...(head ? { head: this.#headInModelWords(head) } : {}),
    };
  }

  #headInModelWords({ owner, epoch, ...head }: StreamHead) {
    const { next, closed, cancelRequested, attempts, lapsed } = head;
    const rest = { next, closed, cancelRequested, attempts, lapsed };
    if (owner === undefined) return rest;
    return { ...rest, owner: Number(owner), generation: this.#generationOf(epoch) };
  }

  #generationOf(epoch: number): number {
    return [...this.#epochs].find(([, known]) => known === epoch)?.[0] ?? -1;
  }
}
