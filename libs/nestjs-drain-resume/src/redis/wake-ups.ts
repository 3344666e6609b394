import type { RedisConnection } from './connection.js';

/**
 * Readers of this process that wait for streams to grow, one subscription per stream however many they are.
 * Wake-ups may be lost with the connection: whoever relies on them polls as well.
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
    // What was appended before the subscription stood has woken nobody.
    this.connection.subscribe(channel, rouse).then(rouse, this.onError);
  }

  #unwatch(channel: string, wake: () => void): void {
    const listeners = this.#listeners.get(channel);
    if (!listeners?.delete(wake) || listeners.size > 0) return;
    this.#listeners.delete(channel);
    this.connection.unsubscribe(channel).catch(this.onError);
  }
}
