import { withMethods } from '../options.js';
import type { RedisConnection } from './connection.js';

interface Subscriber {
  on(event: 'error', listener: (error: unknown) => void): unknown;
  on(event: 'message', listener: (channel: string) => void): unknown;
  subscribe(channel: string): Promise<unknown>;
  unsubscribe(channel: string): Promise<unknown>;
  disconnect(reconnect?: boolean): void;
}

/** The part of an ioredis 5 `Redis` or `Cluster` that is used. */
export interface IoredisClient {
  call(command: string, ...args: string[]): Promise<unknown>;
  duplicate(): Subscriber;
  disconnect(reconnect?: boolean): void;
}

/**
 * A connection of an ioredis instance, which has to have an `error` listener. It works out a cluster's node by
 * itself. The subscriber is a duplicate of it, opened with the first subscription. Give the store an instance of its
 * own: one that does not answer is disconnected and connects again.
 * @param onError errors of the subscriber's connection; it reconnects by itself.
 * @throws InvalidResumeOptionsError for what is no such instance, such as its url.
 */
export function fromIoredis(
  client: IoredisClient,
  onError: (error: unknown) => void = () => undefined,
): RedisConnection {
  withMethods('client', client, 'an instance of ioredis', 'call', 'duplicate', 'disconnect');
  const listeners = new Map<string, () => void>();
  let subscriber: Subscriber | undefined;
  const open = () => {
    const opened = client.duplicate();
    opened.on('error', onError);
    opened.on('message', (channel) => listeners.get(channel)?.());
    return opened;
  };
  return {
    send: (_key, [name = '', ...args]) => client.call(name, ...args),
    subscribe: async (channel, listener) => {
      listeners.set(channel, listener);
      subscriber ??= open();
      await subscriber.subscribe(channel);
    },
    unsubscribe: async (channel) => {
      listeners.delete(channel);
      await subscriber?.unsubscribe(channel);
    },
    reconnect: () => {
      client.disconnect(true);
      subscriber?.disconnect(true);
    },
    close: () => {
      subscriber?.disconnect();
      subscriber = undefined;
      return Promise.resolve();
    },
  };
}
