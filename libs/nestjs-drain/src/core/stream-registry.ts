import type { Clock } from './clock.js';
import type { DrainEvents } from './events.js';
import {
  type Admission,
  type EndCause,
  type Refusal,
  Stream,
  type StreamKeeper,
  type StreamKind,
  type StreamRequest,
  type StreamTransport,
} from './stream.js';
import { noStreams, type StreamCounts } from './report.js';
import { IdleGate } from './in-flight.js';
import { LinkedList } from './linked-list.js';

/**
 * Every open stream, and whether new ones may come. Admission and registration are one synchronous
 * step, so a stream is either counted or refused. O(1) each; no timer, no poll.
 */
export class StreamRegistry implements Iterable<Stream>, StreamKeeper {
  readonly #streams = new LinkedList<Stream>();
  readonly #counts = noStreams();
  readonly #idle = new IdleGate();
  /** Open streams that end by themselves. */
  #finite = 0;
  /** Open streams that were asked to end. */
  #told = 0;
  #refusal: Refusal | undefined;
  /** The clock's ms. */
  #lastAnswersUntil = 0;
  #sequence = 0;

  constructor(
    private readonly clock: Clock,
    private readonly events: DrainEvents,
  ) {}

  get size(): number {
    return this.#streams.size;
  }

  get isClosed(): boolean {
    return this.#refusal !== undefined;
  }

  get isSettled(): boolean {
    return this.isClosed && this.size === 0;
  }

  sizeOf(kind: StreamKind): number {
    return kind === 'finite' ? this.#finite : this.size - this.#finite;
  }

  /** Open streams that were not asked to end. */
  get untold(): number {
    return this.size - this.#told;
  }

  /** A copy of the totals since the process started. */
  counts(): StreamCounts {
    return { ...this.#counts };
  }

  admit<Transport extends StreamTransport>(
    request: StreamRequest,
    transport: Transport,
  ): Admission<Transport> {
    if (this.#refusal && !this.#isExcepted(request)) return this.#refuse(request, this.#refusal);
    this.#sequence += 1;
    const stream = new Stream(request, this.#sequence, this.clock.now(), transport, this);
    this.#streams.add(stream);
    if (stream.kind === 'finite') this.#finite += 1;
    this.#counts.admitted += 1;
    this.events.emit({ type: 'admitted', stream });
    return stream;
  }

  /**
   * From now on every admission is refused, except finite streams that read what exists, and finite last answers
   * before `lastAnswersUntil` (the clock's ms). Default: no last answers.
   */
  close(refusal: Omit<Refusal, 'admitted'>, { lastAnswersUntil = 0 } = {}): void {
    this.#refusal = { admitted: false, ...refusal };
    this.#lastAnswersUntil = lastAnswersUntil;
    this.#announceVacancy();
  }

  /** Takes `close` back. */
  reopen(): void {
    this.#refusal = undefined;
  }

  /** Resolves once the registry is closed and empty, in the turn in which that becomes true. */
  whenEmpty(): Promise<void> {
    return this.isSettled ? Promise.resolve() : this.#idle.whenIdle();
  }

  /** For its streams alone. */
  released(stream: Stream, delivered: boolean): void {
    const outcome = stream.outcome(delivered);
    this.#streams.remove(stream);
    if (stream.kind === 'finite') this.#finite -= 1;
    if (stream.endedFor) this.#told -= 1;
    this.#counts[outcome] += 1;
    this.events.emit({ type: 'released', stream, outcome });
    this.#announceVacancy();
  }

  /** For its streams alone. */
  interrupted(stream: Stream, cause: EndCause): void {
    this.#told += 1;
    this.events.emit({ type: 'interrupted', stream, cause });
  }

  /** In the order of their admission; those that are open now, whatever becomes of them meanwhile. */
  [Symbol.iterator](): Iterator<Stream> {
    return this.#streams[Symbol.iterator]();
  }

  #isExcepted({ kind, isExisting, isLastAnswer }: StreamRequest): boolean {
    if (kind !== 'finite') return false;
    return (
      isExisting === true || (isLastAnswer === true && this.clock.now() < this.#lastAnswersUntil)
    );
  }

  #refuse(request: StreamRequest, refusal: Refusal): Refusal {
    this.#counts.refused += 1;
    this.events.emit({ type: 'refused', refusal, kind: request.kind, route: request.route });
    return refusal;
  }

  #announceVacancy(): void {
    if (this.isSettled) this.#idle.notify();
  }
}

/** On the request itself: a WeakMap of all requests costs the garbage collector dearly. */
const LAST_ANSWER = Symbol('nestjs-drain.LastAnswer');

interface Marked {
  [LAST_ANSWER]?: true;
}

/**
 * Marks a request on a connection that was kept alive and not notified: its answer says
 * `Connection: close`, and is the last on that connection.
 * @param request Node's own request.
 */
export function markLastAnswer(request: object): void {
  (request as Marked)[LAST_ANSWER] = true;
}

/** @param request Node's own request. */
export function isLastAnswer(request: object): boolean {
  return (request as Marked)[LAST_ANSWER] === true;
}
