import { AsyncResource } from 'node:async_hooks';
import { isEncoded, isEventStream, isLengthPromised } from '../compat/response.js';
import type { Clock } from '../core/clock.js';
import type { Seconds } from '../core/duration.js';
import { EventPosition } from './event-position.js';
import type { HttpTransport } from './http-stream.js';

/** The longest silence of an event stream, in whole seconds; `false`: there is no bound. */
export type Heartbeat = Seconds | false;

/** A comment, which no client takes for an event (HTML, section 9.2.6). */
const heartbeat = ':\n\n';

/** How many streams are written to before other work of the process gets its turn. */
const streamsPerTurn = 250;

/**
 * Keeps silent event streams open in proxies that cut what is silent: each gets a comment before it has been silent
 * for its interval. The timer is shared by all streams of one interval, it is there only while such a stream is open,
 * and it keeps no process alive.
 */
export class Heartbeats {
  readonly #groups = new Map<Seconds, Set<BeatingResponse>>();
  /** The timer belongs to no request, so it holds no request's context. */
  readonly #outside = new AsyncResource('nestjs-drain.Heartbeats');

  /** @param interval of streams that declare none; without it they get no heartbeats */
  constructor(
    private readonly clock: Clock,
    private readonly interval: Heartbeat = false,
  ) {}

  /**
   * Watches a response from here on.
   * @returns a function that ends it; undefined where there is nothing to end
   */
  keep(transport: HttpTransport, interval: Heartbeat = this.interval): (() => void) | undefined {
    if (interval === false) return undefined;
    const group = this.#groupOf(interval);
    const beating = new BeatingResponse(transport);
    group.add(beating);
    return () => group.delete(beating);
  }

  #groupOf(interval: Seconds): Set<BeatingResponse> {
    const known = this.#groups.get(interval);
    if (known) return known;
    const group = new Set<BeatingResponse>();
    this.#groups.set(interval, group);
    this.#outside.runInAsyncScope(() => this.#await(interval, group));
    return group;
  }

  /** Two looks in an interval: a stream that was silent between them is silent for less than the interval. */
  #await(interval: Seconds, group: Set<BeatingResponse>): void {
    const look = (): void => {
      if (group.size === 0) {
        this.#groups.delete(interval);
        return;
      }
      this.#await(interval, group);
      beatAll(group.values());
    };
    this.clock.schedule(interval * 500, look, { keepsAlive: false });
  }
}

function beatAll(streams: Iterator<BeatingResponse>): void {
  for (let count = 0; count < streamsPerTurn; count += 1) {
    const next = streams.next();
    if (next.done === true) return;
    next.value.beat();
  }
  setImmediate(beatAll, streams);
}

type Write = (...args: unknown[]) => boolean;

/** The response under one stream, below everything that writes to it. */
class BeatingResponse {
  readonly #position = new EventPosition();
  readonly #write: Write;
  #wasSilent = false;

  constructor(private readonly transport: HttpTransport) {
    const { response } = transport;
    const own = response as unknown as { write: Write };
    const write = own.write;
    this.#write = write;
    own.write = (...args) => {
      this.#wasSilent = false;
      this.#position.follow(args[0]);
      return write.apply(response, args);
    };
  }

  beat(): void {
    const isDue = this.#wasSilent && this.#position.isBetweenEvents && this.#isListening;
    this.#wasSilent = !isDue;
    if (!isDue) return;
    const { response } = this.transport;
    this.transport.writeUncounted(() => void this.#write.call(response, heartbeat));
  }

  /** Whether more may be added to the response, and its reader has taken all that there is. */
  get #isListening(): boolean {
    const { response, cancelSubject } = this.transport;
    const { writableEnded, destroyed, writableLength } = response;
    if (writableEnded || destroyed || writableLength > 0 || cancelSubject.isCancelled) return false;
    return isEventStream(response) && !isLengthPromised(response) && !isEncoded(response);
  }
}
