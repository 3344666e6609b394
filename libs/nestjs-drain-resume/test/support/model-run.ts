import type { ResumeStore, StreamHead } from 'nestjs-drain-resume';
import { expect } from '@jest/globals';
import {
  lease,
  payload,
  ResumeStoreModel,
  ttl,
  type Command,
  type ModelCursor,
} from './resume-store-model.js';
import { labelled } from '../../../../testing/labelled.js';

/** The store under test, how to let time pass for it, and, if it can, how it falls back to what it held. */
export interface Subject {
  readonly store: ResumeStore;
  readonly pass: (seconds: number) => Promise<void>;
  readonly remember?: () => Promise<() => Promise<void>>;
}

interface Expected {
  readonly outcome?: string;
  readonly generation?: number;
  readonly incarnation?: number;
  readonly head?: { readonly generation?: number; readonly incarnation?: number };
}

/** What was the case before a command. */
interface Before {
  /** Of the owner. */
  readonly epoch: number;
  readonly generation: number | undefined;
  readonly first: number;
  readonly logged: number;
  readonly cursor: ModelCursor;
}

/** Does to the store what the model is told, and says what came of it in the model's words. */
export class ModelRun {
  readonly #model = new ResumeStoreModel();
  readonly #epochs = new Map<number, number>();
  readonly #incarnations = new Map<number, string>();
  /** What each reader has read since it began. */
  readonly #readings = new Map<string, string[]>();
  #failOver: () => Promise<void> = () => Promise.resolve();
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
    const before = this.#before(command);
    const expected = this.#model.apply(command) as Expected | undefined;
    const actual = await this.#perform(command, before);
    labelled(JSON.stringify(command), () => {
      this.#learn(expected, actual);
      if (command.do === 'follow') this.#read(command, expected?.outcome, actual);
      expect(this.#inModelWords(actual)).toEqual(expected);
    });
  }

  #before(command: Command): Before {
    const owned =
      'owner' in command ? this.#model.heldBy(command.stream, command.owner) : undefined;
    return {
      generation: owned,
      epoch: owned === undefined ? 1_000 : (this.#epochs.get(owned) ?? 1_000),
      first: command.do === 'append' ? this.#model.firstOf(command) : 0,
      logged: 'stream' in command ? this.#model.events(command.stream).length : 0,
      cursor:
        command.do === 'follow'
          ? this.#model.cursor(command.stream, command.reader)
          : { sequence: -1 },
    };
  }

  /** What a reader has read in one go is the beginning of one log, whatever became of the store meanwhile. */
  #read(
    { stream, reader }: Extract<Command, { do: 'follow' }>,
    outcome: string | undefined,
    actual: unknown,
  ): void {
    const name = `${stream}/${reader}`;
    const { events = [] } = actual as { events?: { payload: string }[] };
    const reading = [...(this.#readings.get(name) ?? []), ...events.map((event) => event.payload)];
    this.#readings.set(name, outcome === 'page' ? reading : []);
    if (events.length > 0) {
      expect(reading).toEqual(this.#model.events(stream).slice(0, reading.length));
    }
  }

  async finish(): Promise<void> {
    for (const [stream, id] of this.#ids.entries()) {
      const page = await this.subject.store.read(id, -1, 1000);
      const events = page.outcome === 'page' ? page.events.map((event) => event.payload) : [];
      expect(events).toEqual(this.#model.events(stream));
    }
  }

  async #perform(command: Command, before: Before): Promise<unknown> {
    const { store, pass, remember } = this.subject;
    const { epoch, first, generation, logged, cursor } = before;
    if (command.do === 'pass') return pass(command.seconds);
    if (command.do === 'remember') {
      this.#failOver = (await remember?.()) ?? this.#failOver;
      return undefined;
    }
    if (command.do === 'failOver') return this.#failOver();
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
        const events = Array.from({ length: command.count }, (_, index) =>
          payload(command.stream, first + index, generation),
        );
        return store.append(id, epoch, first, events, command.terminal);
      }
      case 'read':
        return store.read(id, Math.max(-1, logged - 1 + command.offset), command.limit);
      case 'follow': {
        const seen = cursor.generation;
        const name = seen === undefined ? [] : [this.#epochs.get(seen)];
        return store.read(id, cursor.sequence, command.limit, ...name);
      }
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

  /** Names that a store chooses stand for one thing each. */
  #learn(expected: Expected | undefined, actual: unknown): void {
    const { generation, incarnation: life } = { ...expected, ...expected?.head };
    const { epoch, incarnation, head } = (actual ?? {}) as {
      epoch?: number;
      incarnation?: string;
      head?: StreamHead;
    };
    learn(this.#epochs, generation, epoch ?? head?.epoch, 'an epoch given twice');
    learn(this.#incarnations, life, incarnation ?? head?.incarnation, 'an incarnation given twice');
  }

  #inModelWords(actual: unknown): unknown {
    if (typeof actual !== 'object' || actual === null || Array.isArray(actual)) return actual;
    const { epoch, head, events, incarnation, ...rest } = actual as Record<string, unknown> & {
      head?: StreamHead;
      events?: { payload: string }[];
    };
    return {
      ...rest,
      ...(incarnation === undefined
        ? {}
        : { incarnation: nameOf(this.#incarnations, incarnation) }),
      ...(epoch === undefined ? {} : { generation: nameOf(this.#epochs, epoch) }),
      ...(events ? { events: events.map((event) => event.payload) } : {}),
      ...(head ? { head: this.#headInModelWords(head) } : {}),
    };
  }

  #headInModelWords({ owner, epoch, ...head }: StreamHead) {
    const { next, closed, cancelRequested, attempts, lapsed } = head;
    const incarnation = nameOf(this.#incarnations, head.incarnation);
    const rest = { next, closed, cancelRequested, attempts, lapsed, incarnation };
    if (owner === undefined) return rest;
    return { ...rest, owner: Number(owner), generation: nameOf(this.#epochs, epoch) };
  }
}

function learn<T>(
  known: Map<number, T>,
  number: number | undefined,
  given: T | undefined,
  failure: string,
): void {
  if (number === undefined || given === undefined || known.has(number)) return;
  labelled(failure, () => expect([...known.values()]).not.toContain(given));
  known.set(number, given);
}

/** The model's number for it; -1 if it has none. */
function nameOf(known: ReadonlyMap<number, unknown>, given: unknown): number {
  return [...known].find(([, value]) => value === given)?.[0] ?? -1;
}
