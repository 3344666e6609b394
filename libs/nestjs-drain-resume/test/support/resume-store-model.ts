/** What a resume store has to do, as simply as it can be said: one object per stream and no cleverness. */
export const lease = 100;
export const ttl = 600;

export type Command =
  | {
      readonly do: 'create' | 'claim' | 'renew' | 'release';
      readonly stream: number;
      readonly owner: number;
    }
  | { readonly do: 'cancel' | 'delete' | 'head'; readonly stream: number }
  | {
      readonly do: 'append';
      readonly stream: number;
      readonly owner: number;
      /** Where the batch begins, from the end of the log. */
      readonly offset: number;
      readonly count: number;
      readonly terminal: boolean;
    }
  | {
      readonly do: 'read';
      readonly stream: number;
      readonly offset: number;
      readonly limit: number;
    }
  | { readonly do: 'list' }
  | { readonly do: 'pass'; readonly seconds: number };

interface ModelStream {
  owner: number | undefined;
  /** Counts epochs through all lives of all streams. */
  generation: number;
  events: string[];
  closed: boolean;
  cancelRequested: boolean;
  leaseEnd: number;
  expiry: number;
  /** Claims of owners that fell silent since the last event. */
  attempts: number;
}

export class ResumeStoreModel {
  readonly streams = new Map<number, ModelStream>();
  /** The last generation each owner got for each stream. */
  readonly held = new Map<string, number>();
  #now = 0;
  #generation = 0;

  /** Events in the log, none for a stream that is not there. */
  events(stream: number): readonly string[] {
    return this.#find(stream)?.events ?? [];
  }

  heldBy(stream: number, owner: number): number | undefined {
    return this.held.get(`${stream}/${owner}`);
  }

  /** The expected outcome; epochs are given as generations. */
  apply(command: Command): unknown {
    if (command.do === 'pass') {
      this.#now += command.seconds;
      return undefined;
    }
    if (command.do === 'list') return this.#lapsed();
    const stream = this.#find(command.stream);
    if (command.do === 'create') return this.#create(command.stream, command.owner, stream);
    if (!stream) return { outcome: absent(command) };
    switch (command.do) {
      case 'append':
        return this.#append(command, stream);
      case 'read':
        return read(command, stream);
      case 'head':
        return { outcome: 'found', head: this.#head(stream) };
      case 'claim':
        return this.#claim(command, stream);
      case 'delete':
        this.streams.delete(command.stream);
        return { outcome: 'deleted' };
      case 'cancel':
        if (stream.closed) return { outcome: 'closed' };
        stream.cancelRequested = true;
        return { outcome: 'requested' };
      default:
        return this.#hold(command, stream);
    }
  }

  #find(id: number): ModelStream | undefined {
    const stream = this.streams.get(id);
    return stream && stream.expiry > this.#now ? stream : undefined;
  }

  #lapsed(): number[] {
    const ids = [...this.streams.keys()].filter((id) => {
      const stream = this.#find(id);
      return stream && this.#isLapsed(stream);
    });
    return ids.sort((one, other) => one - other);
  }

  #isLapsed(stream: ModelStream): boolean {
    return !stream.closed && stream.leaseEnd <= this.#now;
  }

  #head({ owner, generation, events, closed, cancelRequested, attempts, ...stream }: ModelStream) {
    const lapsed = !closed && stream.leaseEnd <= this.#now;
    const rest = { next: events.length, closed, cancelRequested, attempts, lapsed };
    // The epoch of a stream without an owner is given to no owner.
    return owner === undefined ? rest : { ...rest, owner, generation };
  }

  #create(id: number, owner: number, present: ModelStream | undefined): unknown {
    if (present) {
      const repeated = present.owner === owner && present.events.length === 0 && !present.closed;
      if (!repeated) return { outcome: 'exists' };
      this.held.set(`${id}/${owner}`, present.generation);
      return { outcome: 'created', generation: present.generation };
    }
    const stream: ModelStream = {
      ...{ owner, generation: 0, events: [], closed: false, cancelRequested: false },
      ...{ leaseEnd: 0, expiry: 0, attempts: 0 },
    };
    this.streams.set(id, stream);
    this.#own(id, owner, stream);
    return { outcome: 'created', generation: stream.generation };
  }

  #own(id: number, owner: number | undefined, stream: ModelStream): void {
    stream.owner = owner;
    stream.generation = ++this.#generation;
    this.#extend(stream);
    if (owner === undefined) stream.leaseEnd = -Infinity;
    else this.held.set(`${id}/${owner}`, stream.generation);
  }

  #extend(stream: ModelStream): void {
    stream.leaseEnd = this.#now + lease;
    stream.expiry = this.#now + ttl;
  }

  #append(command: Extract<Command, { do: 'append' }>, stream: ModelStream): unknown {
    const { events, closed, cancelRequested } = stream;
    if (this.heldBy(command.stream, command.owner) !== stream.generation)
      return { outcome: 'fenced' };
    const first = firstOf(command, events.length);
    const end = first + command.count;
    const isRepeat = end <= events.length && (closed || !command.terminal);
    if (!isRepeat) {
      if (closed) return { outcome: 'closed' };
      if (first > events.length || end < events.length) {
        return { outcome: 'gapped', next: events.length };
      }
      if (events.length < end) stream.attempts = 0;
      while (events.length < end) events.push(payload(command.stream, events.length));
      stream.closed = command.terminal;
      this.#extend(stream);
    }
    return { outcome: 'appended', next: events.length, cancelRequested };
  }

  #claim({ stream: id, owner }: { stream: number; owner: number }, stream: ModelStream): unknown {
    if (stream.closed) return { outcome: 'closed' };
    if (!this.#isLapsed(stream)) return { outcome: 'held' };
    if (stream.owner !== undefined) stream.attempts += 1;
    this.#own(id, owner, stream);
    return { outcome: 'claimed', head: this.#head(stream) };
  }

  #hold(
    command: { do: 'renew' | 'release' | 'create' | 'claim'; stream: number; owner: number },
    stream: ModelStream,
  ): unknown {
    if (this.heldBy(command.stream, command.owner) !== stream.generation)
      return { outcome: 'fenced' };
    if (stream.closed) return { outcome: 'closed' };
    if (command.do === 'release') {
      this.#own(command.stream, undefined, stream);
      return { outcome: 'released' };
    }
    this.#extend(stream);
    return { outcome: 'renewed', cancelRequested: stream.cancelRequested };
  }
}

export const payload = (stream: number, sequence: number) => `stream ${stream} event ${sequence}`;

export function firstOf(command: { readonly offset: number }, next: number): number {
  return Math.max(0, next + command.offset);
}

function absent({ do: action }: Command): string {
  return ['append', 'renew', 'release'].includes(action) ? 'gone' : 'unknown';
}

function read(command: Extract<Command, { do: 'read' }>, { events, closed }: ModelStream): unknown {
  const after = Math.max(-1, events.length - 1 + command.offset);
  if (after >= events.length) return { outcome: 'ahead', next: events.length };
  const page = events.slice(after + 1, after + 1 + command.limit);
  return { outcome: 'page', events: page, next: events.length, closed };
}
