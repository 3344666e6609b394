import type { RedisConnection } from './connection.js';

interface Subscriber {
  on(event: 'error', listener: (error: unknown) => void): unknown;
  connect(): Promise<unknown>;
  subscribe(channel: string, listener: () => void): Promise<unknown>;
  unsubscribe(channel: string): Promise<unknown>;
  destroy(): unknown;
}

/** The part of a `@redis/client` 6 client (`createClient`) that is used. */
export interface NodeRedisClient {
  sendCommand(command: readonly string[]): Promise<unknown>;
  duplicate(): Subscriber;
}

/** The part of a `@redis/client` 6 cluster (`createCluster`) that is used. */
export interface NodeRedisCluster {
  sendCommand(key: string, isReadonly: boolean, command: string[]): Promise<unknown>;
  duplicate(): Subscriber;
}

/**
 * A connection of a `@redis/client` client, which has to be connected and to have an `error` listener.
 * The subscriber is a duplicate of it, opened with the first subscription.
 * @param onError errors of the subscriber's connection; it reconnects by itself.
 */
export function fromNodeRedis(
  client: NodeRedisClient,
  onError: (error: unknown) => void = () => undefined,
): RedisConnection {
  return connection((_key, command) => client.sendCommand(command), client, onError);
}

/** As `fromNodeRedis`, of a cluster. */
export function fromNodeRedisCluster(
  cluster: NodeRedisCluster,
  onError: (error: unknown) => void = () => undefined,
): RedisConnection {
  return connection(
    (key, command) => cluster.sendCommand(key, false, [...command]),
    cluster,
    onError,
  );
}

function connection(
  send: RedisConnection['send'],
  client: { duplicate(): Subscriber },
  onError: (error: unknown) => void,
): RedisConnection {
  let opened: Promise<Subscriber> | undefined;
  const connect = async () => {
    const subscriber = client.duplicate();
    subscriber.on('error', onError);
    await subscriber.connect();
    return subscriber;
  };
  const open = () => {
    const opening = connect();
    // The next subscription tries anew.
    opening.catch(() => (opened = undefined));
    return opening;
  };
  return {
    send,
    subscribe: async (channel, listener) => {
      const subscriber = await (opened ??= open());
      await subscriber.subscribe(channel, listener);
    },
    unsubscribe: async (channel) => {
      await (await opened)?.unsubscribe(channel);
    },
    close: async () => {
      const closing = opened;
      opened = undefined;
      (await closing?.catch(() => undefined))?.destroy();
    },
  };
}
