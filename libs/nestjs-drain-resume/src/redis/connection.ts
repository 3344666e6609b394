/**
 * What the Redis store needs of a client library: one connection (or cluster) for commands and a second one
 * for wake-ups. `fromNodeRedis` and `fromIoredis` make one of a client you have.
 */
export interface RedisConnection {
  /**
   * Sends one command. Commands sent in one turn are pipelined and arrive in their order. Texts go and
   * come as UTF-8. `key` is the command's key, from which a cluster client chooses the node.
   */
  send(key: string, command: readonly string[]): Promise<unknown>;

  /** Calls `listener` for every message of the channel. The subscriptions survive a reconnect. */
  subscribe(channel: string, listener: () => void): Promise<void>;

  unsubscribe(channel: string): Promise<void>;

  /** Drops a connection that does not answer any more and opens it again. Called for a half-open connection. */
  reconnect?(): void;

  /** Closes what this connection opened itself: the subscriber, not the client it was made of. */
  close(): Promise<void>;
}

/**
 * Readers of this process that wait for streams to grow, one subscription per stream however many they are.
 * Wake-ups may be lost with the connection: readers poll as well.
 */
export class WakeUps {
  readonly #listeners = new Map<string, Set<() => void>>();

  constructor(
    private readonly connection: RedisConnection,
    private readonly onError: (error: unknown) => void,
  ) {}

  /** Calls `wake` once listening has begun, and then for every message. Returns how to stop. */
  watch(channel: string, wake: () => void): () => void {
    const listeners = this.#listeners.get(channel);
    if (listeners) listeners.add(wake);
    else this.#open(channel, wake);
    return () => this.#unwatch(channel, wake);
  }

  #open(channel: string, wake: () => void): void {
    this.#listeners.set(channel, new Set([wake]));
    const rouse = () => {
      for (const listener of [...(this.#listeners.get(channel) ?? [])]) listener();
    };
    // Events that were appended before the subscription stood have woken no reader.
    this.connection.subscribe(channel, rouse).then(rouse, this.onError);
  }

  #unwatch(channel: string, wake: () => void): void {
    const listeners = this.#listeners.get(channel);
    if (!listeners?.delete(wake) || listeners.size > 0) return;
    this.#listeners.delete(channel);
    this.connection.unsubscribe(channel).catch(this.onError);
  }
}
