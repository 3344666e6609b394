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

  /** Closes what this connection opened itself: the subscriber, not the client it was made of. */
  close(): Promise<void>;
}
