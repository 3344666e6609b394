import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { listenFirst } from '../compat/look.js';
import { ignoreLaterBytes } from '../compat/response.js';
import type { Drain } from '../core/drain.js';
import type { Stream, StreamTransport } from '../core/stream.js';
import { closeFrame, WebSocketFrames } from './web-socket-frames.js';

type Write = (...args: unknown[]) => boolean;

/** Service restart (IANA's registry of close codes): the client may connect again, elsewhere. */
const serviceRestart = 1012;

/**
 * A connection that left HTTP and that no gateway serves: a proxy, or a server of its own, writes to it. Where it is a
 * WebSocket the drain ends it between two frames, by a close frame. What is written after that is dropped; what the
 * client says still gets through, so its answer to the close frame ends the other side too.
 */
export class UpgradedSocket implements StreamTransport {
  readonly #frames: WebSocketFrames | undefined;
  #write: Write | undefined;
  #stream: Stream | undefined;
  #isDue = false;
  #isClosing = false;
  /** Whether the last bytes have left this process, where the drain has ended it. */
  #isSent = false;
  #cancelBound = (): void => undefined;

  constructor(
    { headers }: IncomingMessage,
    private readonly socket: Duplex,
    private readonly drain: Drain,
  ) {
    if (headers.upgrade?.toLowerCase() === 'websocket') this.#frames = new WebSocketFrames();
  }

  /** Watches what is written from here on, and releases the stream with the socket's close. */
  follow(stream: Stream): void {
    this.#stream = stream;
    const own = this.socket as unknown as { write: Write };
    this.#write = own.write;
    own.write = (...args) => this.#pass(args);
    // The drain writes to it too, and a client that has gone must not end the process (law 7).
    this.socket.on('error', () => this.socket.destroy());
    listenFirst(this.socket, 'close', (hadError?: boolean) => {
      this.#cancelBound();
      stream.release(!hadError && (!this.#isDue || this.#isSent));
    });
    if (this.socket.destroyed) stream.release(false);
  }

  /** Its other side has ended it already; only the client is still to close. */
  get isWritten(): boolean {
    return this.socket.writableEnded;
  }

  /** A client has `flushTimeout` to answer the close. */
  end(): void {
    this.#isDue = true;
    const { clock, options } = this.drain;
    this.#cancelBound = clock.schedule(options.flushTimeout * 1000, () => this.#stream?.destroy());
    if (!this.#frames) this.#endOther();
    else if (this.#frames.isBetween) this.#close();
  }

  destroy(): void {
    this.socket.destroy();
  }

  #pass(args: unknown[]): boolean {
    if (this.#isClosing) return drop(args);
    if (!this.#frames) return this.#send(...args);
    const [chunk, encoding] = args as [string | Uint8Array, BufferEncoding?];
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk;
    if (!this.#isDue) {
      this.#frames.follow(bytes);
      return this.#send(...args);
    }
    const length = this.#frames.followFrame(bytes);
    const flowing = this.#send(bytes.subarray(0, length), callbackOf(args));
    if (this.#frames.isBetween) this.#close();
    return flowing;
  }

  /** Of another protocol than WebSocket. */
  #endOther(): void {
    this.socket.end(() => (this.#isSent = true));
    ignoreLaterBytes(this.socket);
  }

  #close(): void {
    this.#isClosing = true;
    const frame = closeFrame(serviceRestart, `retry-after=${this.drain.options.retryAfter}`);
    this.#send(frame, (error?: Error | null) => (this.#isSent = !error));
  }

  #send(...args: unknown[]): boolean {
    return this.#write?.apply(this.socket, args) ?? false;
  }
}

function drop(args: unknown[]): boolean {
  const callback = callbackOf(args);
  if (callback) process.nextTick(callback);
  return true;
}

function callbackOf(args: unknown[]): (() => void) | undefined {
  return args.find((one): one is () => void => typeof one === 'function');
}
