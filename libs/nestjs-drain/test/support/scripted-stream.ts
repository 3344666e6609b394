import type {
  Admission,
  EndCause,
  Stream,
  StreamKind,
  StreamRequest,
  StreamTransport,
} from '../../src/core/stream.js';
import type { StreamRegistry } from '../../src/core/stream-registry.js';

export interface StreamScript {
  /** What the transport does when it is asked to end: end well, break, do nothing yet, or throw. */
  readonly onEnd: 'deliver' | 'break' | 'stall' | 'throw';
  /** What it does when it is destroyed: report its close in the same turn, later, or throw. */
  readonly onDestroy: 'close' | 'later' | 'throw';
}

/** A stream that plays its transport's part by a script and writes down what was asked of it. */
export class ScriptedStream implements StreamTransport {
  readonly route = '/scripted';
  readonly ends: EndCause[] = [];
  destroys = 0;
  /** Whether the last bytes left; undefined while the transport is open. */
  delivered: boolean | undefined;
  #handle: Stream | undefined;
  readonly #script: StreamScript;

  constructor(
    readonly kind: StreamKind = 'finite',
    script: Partial<StreamScript> = {},
    readonly isLastAnswer = false,
  ) {
    this.#script = { onEnd: 'stall', onDestroy: 'close', ...script };
  }

  /** Asks for admission and says what the answer was. */
  requestFrom(streams: StreamRegistry): Admission {
    const admission = streams.admit(this, this);
    if (admission.admitted) this.#handle = admission;
    return admission;
  }

  /** The handle of a stream that was admitted. */
  get handle(): Stream {
    if (!this.#handle) throw new Error('The stream was never admitted.');
    return this.#handle;
  }

  get isOpen(): boolean {
    return this.#handle !== undefined && this.delivered === undefined;
  }

  /** The transport closes. Only the first close decides whether the last bytes left. */
  close(delivered = true): void {
    this.delivered ??= delivered;
    this.handle.release(delivered);
  }

  /** Reports its close once more, as transports do. Nothing happens if it was never admitted. */
  closeAgain(): void {
    if (this.#handle && this.delivered !== undefined) this.close(!this.delivered);
  }

  end(cause: EndCause): void {
    this.ends.push(cause);
    if (this.#script.onEnd === 'throw') throw new Error('This stream cannot be ended.');
    if (this.#script.onEnd !== 'stall') this.close(this.#script.onEnd === 'deliver');
  }

  destroy(): void {
    this.destroys += 1;
    this.delivered = false;
    if (this.#script.onDestroy === 'throw') throw new Error('This transport cannot be destroyed.');
    if (this.#script.onDestroy === 'close') this.close(false);
  }
}

/** A stream that is already admitted. */
export function admitted(
  streams: StreamRegistry,
  kind?: StreamKind,
  script?: Partial<StreamScript>,
): ScriptedStream {
  const stream = new ScriptedStream(kind, script);
  stream.requestFrom(streams);
  return stream;
}

/** A stream that is already admitted, with an id or a progress of its own. */
export function admittedWith(
  streams: StreamRegistry,
  parts: Pick<StreamRequest, 'id'> & Pick<StreamTransport, 'progress'>,
): void {
  const stream = Object.assign(new ScriptedStream(), parts);
  stream.requestFrom(streams);
}
