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
      /** Where its first event belongs: behind the log's end, or behind what this owner had confirmed. */
      readonly behind: 'log' | 'confirmed';
      /** From there. */
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
  /** A reader goes on behind the last event that it has. */
  | {
      readonly do: 'follow';
      readonly stream: number;
      readonly reader: number;
      readonly limit: number;
    }
  | { readonly do: 'list' }
  | { readonly do: 'pass'; readonly seconds: number }
  /** The store falls back to what it held at the last `remember`: a failover to a server that lagged. */
  | { readonly do: 'remember' }
  | { readonly do: 'failOver' };

interface ModelEvent {
  readonly payload: string;
  /** Of the owner that appended it. */
  readonly generation: number;
}

/** The last event of a reader; sequence -1 for none. */
export interface ModelCursor {
  readonly sequence: number;
  readonly generation?: number;
}

const beginning: ModelCursor = { sequence: -1 };

interface ModelStream {
  owner: number | undefined;
  /** Counts epochs through all lives of all streams. */
  generation: number;
  /** Which stream that the id has named. */
  readonly life: number;
  events: ModelEvent[];
  closed: boolean;
  cancelRequested: boolean;
  leaseEnd: number;
  expiry: number;
  /** Claims of owners that fell silent since the last event. */
  attempts: number;
}

export class ResumeStoreModel {
  streams = new Map<number, ModelStream>();
  /** The last generation each owner got for each stream. */
  readonly held = new Map<string, number>();
  /** How far each owner's events of each stream are confirmed. */
  readonly #confirmed = new Map<string, number>();
  readonly #cursors = new Map<string, ModelCursor>();
  #remembered: { readonly now: number; readonly streams: Map<number, ModelStream> } | undefined;
  #now = 0;
  #generation = 0;
  #life = 0;

  /** Events in the log, none for a stream that is not there. */
  events(stream: number): readonly string[] {
    return payloadsOf(this.#find(stream)?.events ?? []);
  }

  cursor(stream: number, reader: number): ModelCursor {
    return this.#cursors.get(`${stream}/${reader}`) ?? beginning;
  }

  /** The sequence of the first event of a batch. */
  firstOf({ stream, owner, behind, offset }: Extract<Command, { do: 'append' }>): number {
    const logged = this.events(stream).length;
    const confirmed = this.#confirmed.get(`${stream}/${owner}`) ?? logged;
    return Math.max(0, (behind === 'log' ? logged : confirmed) + offset);
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
    if (command.do === 'remember') {
      this.#remembered = { now: this.#now, streams: structuredClone(this.streams) };
      return undefined;
    }
    if (command.do === 'failOver') {
      this.#failOver();
      return undefined;
    }
    const stream = this.#find(command.stream);
    if (command.do === 'create') return this.#create(command.stream, command.owner, stream);
    if (command.do === 'follow') return this.#follow(command, stream);
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

  #failOver(): void {
    if (!this.#remembered) return;
    // No time has passed for what was remembered.
    const passed = this.#now - this.#remembered.now;
    this.streams = structuredClone(this.#remembered.streams);
    for (const stream of this.streams.values()) {
      stream.leaseEnd += passed;
      stream.expiry += passed;
    }
  }

  /** A reader that is refused begins anew. */
  #follow(
    { stream: id, reader, limit }: Extract<Command, { do: 'follow' }>,
    stream: ModelStream | undefined,
  ): unknown {
    const { sequence, generation } = this.cursor(id, reader);
    const name = `${id}/${reader}`;
    this.#cursors.set(name, beginning);
    if (!stream) return { outcome: 'unknown' };
    const { events, closed, life } = stream;
    const next = events.length;
    if (sequence >= next) return { outcome: 'ahead', next };
    if (sequence >= 0 && events[sequence]?.generation !== generation)
      return { outcome: 'replaced' };
    const page = events.slice(sequence + 1, sequence + 1 + limit);
    const last = sequence + page.length;
    if (last >= 0)
      this.#cursors.set(name, { sequence: last, generation: events[last]!.generation });
    return { outcome: 'page', events: payloadsOf(page), next, closed, incarnation: life };
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

  #head(stream: ModelStream) {
    const { owner, generation, events, closed, cancelRequested, attempts, life } = stream;
    const state = { closed, cancelRequested, attempts, lapsed: this.#isLapsed(stream) };
    const rest = { next: events.length, ...state, incarnation: life };
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
      ...{ owner, generation: 0, life: ++this.#life, events: [] },
      ...{ closed: false, cancelRequested: false },
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
    else {
      this.held.set(`${id}/${owner}`, stream.generation);
      this.#confirmed.set(`${id}/${owner}`, stream.events.length);
    }
  }

  #extend(stream: ModelStream): void {
    stream.leaseEnd = this.#now + lease;
    stream.expiry = this.#now + ttl;
  }

  #append(command: Extract<Command, { do: 'append' }>, stream: ModelStream): unknown {
    const { events, closed, cancelRequested } = stream;
    if (this.heldBy(command.stream, command.owner) !== stream.generation)
      return { outcome: 'fenced' };
    const { generation } = stream;
    const first = this.firstOf(command);
    const end = first + command.count;
    const isRepeat = end <= events.length && (closed || !command.terminal);
    if (!isRepeat) {
      if (closed) return { outcome: 'closed' };
      if (first > events.length || end < events.length) {
        return { outcome: 'gapped', next: events.length };
      }
      if (events.length < end) stream.attempts = 0;
      while (events.length < end) {
        events.push({ payload: payload(command.stream, events.length, generation), generation });
      }
      stream.closed = command.terminal;
      this.#extend(stream);
    }
    this.#confirmed.set(`${command.stream}/${command.owner}`, end);
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

/** No two histories have the same events. */
export const payload = (stream: number, sequence: number, generation: number | undefined) =>
  `stream ${stream} event ${sequence} of ${generation}`;

function payloadsOf(events: readonly ModelEvent[]): string[] {
  return events.map((event) => event.payload);
}

function absent({ do: action }: Command): string {
  return ['append', 'renew', 'release'].includes(action) ? 'gone' : 'unknown';
}

function read(
  command: Extract<Command, { do: 'read' }>,
  { events, closed, life }: ModelStream,
): unknown {
  const after = Math.max(-1, events.length - 1 + command.offset);
  if (after >= events.length) return { outcome: 'ahead', next: events.length };
  const page = payloadsOf(events.slice(after + 1, after + 1 + command.limit));
  return { outcome: 'page', events: page, next: events.length, closed, incarnation: life };
}
