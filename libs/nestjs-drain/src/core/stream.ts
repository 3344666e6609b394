import type { Linked } from './linked-list.js';
import type { DrainPhase } from './phase.js';
import type { StreamOutcome } from './report.js';

/** `finite`: an answer that ends by itself. `subscription`: endless, it reconnects elsewhere. */
export type StreamKind = 'finite' | 'subscription';

/** Why a stream is ended before its own end. */
export type EndCause = 'deadline' | 'reconnect' | 'handedOff';

/** How far a stream has come, as far as its transport knows. */
export interface StreamProgress {
  /** Bytes that have left this process. */
  readonly bytes?: number;
  /** Events or messages sent. */
  readonly events?: number;
}

/** When an unfinished resumable stream is given to another replica. */
export type HandOffTime = 'deadline' | 'eager';

/** How a stream is given to another replica instead of being ended with a farewell. */
export interface HandOff {
  /** `deadline`: with the drain's deadline. `eager`: as soon as the drain refuses new streams. */
  readonly when: HandOffTime;
  /** Resolves when others may continue the stream; its transport is destroyed then. */
  release(): Promise<unknown>;
}

/** What an adapter says about a stream when it asks for admission. */
export interface StreamRequest {
  readonly kind: StreamKind;
  /** The route pattern or handler the stream belongs to, never an id: it becomes a metrics label. */
  readonly route: string;
  readonly id?: string | undefined;
  /** The request came on a connection whose client had no notice of the shutdown: the answer gives it. */
  readonly isLastAnswer?: boolean;
  /** It reads what exists already, which is no new work: it is admitted while the drain runs. */
  readonly isExisting?: boolean;
}

/** Port: what the core asks of the connection under a stream. Given with the request for admission. */
export interface StreamTransport {
  /**
   * Whether the answer is written whole and only its bytes are still leaving. Such a stream is not
   * ended any more: no farewell belongs behind a complete answer. Default: false.
   */
  readonly isWritten?: boolean;
  /** Whether it was told to end, and there is no place yet for the farewell. Default: false. */
  readonly isFarewellDue?: boolean;
  /** The piece of other work that turned out to be this stream: it is not counted twice. Default: none. */
  readonly work?: object;
  /** Ends the stream properly: farewell, then the end. Called at most once. */
  end(cause: EndCause): void;
  /** Destroys the connection under the stream. Called at most once, when `end` was not enough. */
  destroy(): void;
  /** Called only when the status page looks, so it must cost nothing in between. */
  progress?(): StreamProgress;
}

/** What code outside the library sees of a stream: facts, and nothing that changes it. */
export interface StreamInfo {
  readonly id: string;
  readonly kind: StreamKind;
  /** Such as `POST /v1/responses`. */
  readonly route: string;
  /** When the stream was admitted, in the clock's milliseconds. */
  readonly admittedAt: number;
  /** The cause it was ended for; undefined while it runs on its own. */
  readonly endedFor: EndCause | undefined;
  readonly isReleased: boolean;
  /** Whether the deadline destroyed it, because no farewell could be sent: there was none, or an event under way never became whole. */
  readonly lacksFarewell: boolean;
  /** Aborts when the stream is ended early, or when its client leaves. */
  readonly signal: AbortSignal;
  /** Seconds since its admission. @param now the clock's milliseconds */
  ageAt(now: number): number;
  progress(): StreamProgress;
}

/** What a handler gets of its own stream, through `@CurrentStream()`. */
export interface OpenStream extends StreamInfo {
  /** From here on another replica can send the rest: the stream is handed off where it would be ended. */
  handOffBy(handOff: HandOff): void;
}

/** The reason of a stream's `AbortSignal`. */
export class StreamAbortedError extends Error {
  override readonly name = 'StreamAbortedError';

  constructor(override readonly cause: EndCause | 'disconnect') {
    super(
      cause === 'disconnect'
        ? 'The client left before the stream ended.'
        : 'The stream was ended because this process is shutting down.',
    );
  }
}

/** Port: who is told what becomes of a stream. */
export interface StreamKeeper {
  /** @param delivered whether its last bytes left */
  released(stream: Stream, delivered: boolean): void;
  interrupted(stream: Stream, cause: EndCause): void;
}

/**
 * One admitted stream. Its adapter releases it when the connection under it is closed. Thousands are open at once,
 * so it has no field that can be worked out. Nor has it a `#method`, for which each object would carry a mark, or a `#field`,
 * of which each write is slow until V8 has optimized it (docs/decisions/0015-cost-while-serving.md).
 */
export class Stream<Transport extends StreamTransport = StreamTransport>
  implements OpenStream, Linked<Stream>
{
  /** Its place in the registry. */
  before: Stream | undefined;
  behind: Stream | undefined;
  readonly kind: StreamKind;
  readonly route: string;
  private readonly name: string | number;
  private cause: EndCause | undefined;
  private destroyed: false | 'withoutFarewell' | 'otherwise' = false;
  private released = false;
  private handOff: HandOff | undefined;
  private aborter: AbortController | undefined;
  private abortedFor: StreamAbortedError['cause'] | undefined;

  constructor(
    { id, kind, route }: StreamRequest,
    /** Names it where the request does not. */
    number: number,
    readonly admittedAt: number,
    readonly transport: Transport,
    private readonly keeper: StreamKeeper,
  ) {
    this.name = id ?? number;
    this.kind = kind;
    this.route = route;
  }

  get admitted(): true {
    return true;
  }

  get id(): string {
    return typeof this.name === 'string' ? this.name : this.name.toString(36);
  }

  /** Made on first use. */
  get signal(): AbortSignal {
    if (!this.aborter) {
      this.aborter = new AbortController();
      if (this.abortedFor) this.aborter.abort(new StreamAbortedError(this.abortedFor));
    }
    return this.aborter.signal;
  }

  get isReleased(): boolean {
    return this.released;
  }

  get endedFor(): EndCause | undefined {
    return this.cause;
  }

  get lacksFarewell(): boolean {
    return this.destroyed === 'withoutFarewell';
  }

  /** Its answer is written whole: it needs no farewell. */
  get isComplete(): boolean {
    return this.transport.isWritten === true;
  }

  /** When the stream is given to another replica; undefined if it cannot be. */
  get handsOff(): HandOffTime | undefined {
    return this.handOff?.when;
  }

  handOffBy(handOff: HandOff): void {
    this.handOff = handOff;
  }

  ageAt(now: number): number {
    return (now - this.admittedAt) / 1000;
  }

  progress(): StreamProgress {
    return this.transport.progress?.() ?? {};
  }

  /**
   * Asks for the farewell and the end. Only the first call counts, and none where the answer is
   * written already: it is complete.
   */
  end(cause: EndCause): void {
    if (this.released || this.cause || this.isComplete) return;
    this.cause = this.handOff ? 'handedOff' : cause;
    this.keeper.interrupted(this, this.cause);
    if (this.handOff) {
      void destroyAfter(this, this.handOff);
      return;
    }
    try {
      this.transport.end(cause);
    } catch {
      // An adapter that cannot end a stream cleanly must not end it cleanly (law 5).
      this.destroy();
    }
    // Behind the farewell: a handler that ends its answer on this signal would leave no place for one.
    this.abort(cause);
  }

  /**
   * Destroys the transport and releases the stream as cut.
   * @param lacksFarewell see the field; by default where it is destroyed while it is being ended, which is over when the signal
   * aborts, or while the farewell is due
   */
  destroy(lacksFarewell = this.cause === 'deadline' && this.awaitsFarewell): void {
    if (this.released) return;
    this.destroyed = lacksFarewell ? 'withoutFarewell' : 'otherwise';
    try {
      this.transport.destroy();
    } catch {
      // A transport that cannot even be destroyed holds up neither the others nor the exit (law 7).
    }
    this.release(false);
  }

  /**
   * The response is closed. Releasing twice counts once.
   * @param delivered whether its last bytes left; false when the connection broke before.
   */
  release(delivered = true): void {
    if (this.released) return;
    this.released = true;
    if (!delivered) this.abort(this.cause ?? 'disconnect');
    this.keeper.released(this, delivered && !this.destroyed);
  }

  /** How it ended, as the report counts it. */
  outcome(delivered: boolean): StreamOutcome {
    if (this.destroyed && this.cause !== 'handedOff') return 'cut';
    if (!this.cause) return delivered ? 'completed' : 'abandoned';
    if (this.cause === 'handedOff') return 'handedOff';
    if (!delivered) return 'cut';
    return this.cause === 'reconnect' ? 'reconnect' : 'cancelled';
  }

  private get awaitsFarewell(): boolean {
    return !this.abortedFor || this.transport.isFarewellDue === true;
  }

  private abort(cause: StreamAbortedError['cause']): void {
    if (this.abortedFor) return;
    this.abortedFor = cause;
    this.aborter?.abort(new StreamAbortedError(cause));
  }
}

/** Its signal aborts only then: a reader that stops earlier would look like a clean end. */
async function destroyAfter(stream: Stream, handOff: HandOff): Promise<void> {
  try {
    await handOff.release();
  } catch {
    // Not released, it lapses: others go on a little later.
  }
  stream.destroy();
}

/** Why a new stream was turned away, and when it is worth another try. */
export interface Refusal {
  readonly admitted: false;
  readonly reason: Exclude<DrainPhase, 'serving' | 'lameDuck'>;
  /** Seconds after which the client may try again: another replica will answer. */
  readonly retryAfter: number;
}

/** The answer to a stream that wants in: counted (a Stream) or refused, never in between. */
export type Admission<Transport extends StreamTransport = StreamTransport> =
  Stream<Transport> | Refusal;
