import { InvalidResumeOptionsError, withMethods } from '../options.js';
import type { RedisConnection } from './connection.js';

interface Subscriber {
  on(event: 'error', listener: (error: unknown) => void): unknown;
  connect(): Promise<unknown>;
  subscribe(channel: string, listener: () => void): Promise<unknown>;
  unsubscribe(channel: string): Promise<unknown>;
  destroy(): unknown;
}

interface Reconnecting {
  readonly isOpen: boolean;
  connect(): Promise<unknown>;
  destroy(): unknown;
  duplicate(): Subscriber;
}

/** The part of a `@redis/client` 6 client (`createClient`) that is used. */
export interface NodeRedisClient extends Reconnecting {
  /** Connected: what is sent now is not queued. */
  readonly isReady?: boolean;
  sendCommand(command: readonly string[], options?: { timeout?: number }): Promise<unknown>;
}

/**
 * The client's own timeout ends the wait of a command that is not sent yet, for which it makes an AbortSignal: a fifth
 * of what an append costs. A command that is sent at once has the store's `commandTimeout`.
 */
const sentAtOnce = { timeout: 0 };

/** The part of a `@redis/client` 6 cluster (`createCluster`) that is used. */
export interface NodeRedisCluster extends Reconnecting {
  sendCommand(key: string, isReadonly: boolean, command: string[]): Promise<unknown>;
}

/**
 * A connection of a `@redis/client` client, which has to be connected and to have an `error` listener.
 * The subscriber is a duplicate of it, opened with the first subscription. Give the store a client of its own: one
 * that does not answer is destroyed and connected again.
 * @param onError errors of the subscriber's connection; it reconnects by itself.
 * @throws InvalidResumeOptionsError for what is no such client, such as its url.
 */
export function fromNodeRedis(
  client: NodeRedisClient,
  onError: (error: unknown) => void = () => undefined,
): RedisConnection {
  refuseCluster(client);
  withMethods('client', client, 'a client of createClient() of @redis/client', ...needed);
  const send = (_key: string, command: readonly string[]) =>
    client.isReady ? client.sendCommand(command, sentAtOnce) : client.sendCommand(command);
  return connectionOf(send, client, onError);
}

/** As `fromNodeRedis`, of a cluster. */
export function fromNodeRedisCluster(
  cluster: NodeRedisCluster,
  onError: (error: unknown) => void = () => undefined,
): RedisConnection {
  const methods = [...needed, clusterMethod];
  withMethods('cluster', cluster, 'a cluster of createCluster() of @redis/client', ...methods);
  return connectionOf(
    (key, command) => cluster.sendCommand(key, false, [...command]),
    cluster,
    onError,
  );
}

/** A client of ioredis lacks the third one. */
const needed = ['sendCommand', 'connect', 'destroy', 'duplicate'];

/** Only a cluster has it. */
const clusterMethod = 'getSlotRandomNode';

/** It has all methods of a client, and `sendCommand` takes other arguments. */
function refuseCluster(client: object): void {
  if (typeof (Object(client) as Record<string, unknown>)[clusterMethod] !== 'function') return;
  throw new InvalidResumeOptionsError('`client` is a cluster; use fromNodeRedisCluster(cluster).');
}

function connectionOf(
  send: RedisConnection['send'],
  client: Reconnecting,
  onError: (error: unknown) => void,
): RedisConnection {
  const subscriptions = new Subscriptions(client, onError);
  let dropped = false;
  let connecting: Promise<void> | undefined;
  const connect = () => {
    connecting ??= Promise.resolve(client.connect())
      .then(() => undefined, onError)
      .finally(() => (connecting = undefined));
  };
  return {
    send: (key, command) => {
      // The server could not be reached when the connection was opened again.
      if (dropped && !client.isOpen) connect();
      return send(key, command);
    },
    subscribe: (channel, listener) => subscriptions.add(channel, listener),
    unsubscribe: (channel) => subscriptions.remove(channel),
    reconnect: () => {
      // Closed by the application, or opened again already.
      if (!client.isOpen || connecting) return;
      dropped = true;
      client.destroy();
      connect();
      subscriptions.reopen().catch(onError);
    },
    close: () => {
      dropped = false;
      subscriptions.close();
      return Promise.resolve();
    },
  };
}

interface Opened {
  readonly subscriber: Subscriber;
  readonly ready: Promise<unknown>;
}

/** The second connection, for wake-ups only. */
class Subscriptions {
  readonly #listeners = new Map<string, () => void>();
  #opened: Opened | undefined;

  constructor(
    private readonly client: Reconnecting,
    private readonly onError: (error: unknown) => void,
  ) {}

  async add(channel: string, listener: () => void): Promise<void> {
    this.#listeners.set(channel, listener);
    const subscriber = await this.#open();
    await subscriber.subscribe(channel, listener);
  }

  async remove(channel: string): Promise<void> {
    this.#listeners.delete(channel);
    const opened = this.#opened;
    await opened?.ready;
    await opened?.subscriber.unsubscribe(channel);
  }

  /** Every listener is called, as wake-ups were lost with the connection. */
  async reopen(): Promise<void> {
    if (!this.#opened) return;
    this.close();
    if (this.#listeners.size === 0) return;
    const subscriber = await this.#open();
    for (const [channel, listener] of this.#listeners) {
      await subscriber.subscribe(channel, listener);
      listener();
    }
  }

  /**
   * At once, as a handshake may never be answered; and once more behind it, as a cluster that is destroyed while it
   * discovers its nodes connects to them nevertheless.
   */
  close(): void {
    if (!this.#opened) return;
    const { subscriber, ready } = this.#opened;
    this.#opened = undefined;
    const end = (): void => destroy(subscriber);
    end();
    ready.then(end, end);
  }

  async #open(): Promise<Subscriber> {
    const { subscriber, ready } = (this.#opened ??= this.#connect());
    await ready;
    return subscriber;
  }

  #connect(): Opened {
    const subscriber = this.client.duplicate();
    subscriber.on('error', this.onError);
    const opened = { subscriber, ready: subscriber.connect() };
    // The next subscription tries anew.
    opened.ready.catch(() => {
      if (this.#opened === opened) this.#opened = undefined;
    });
    return opened;
  }
}

/** A client that is closed already throws in some versions. */
function destroy(subscriber: Subscriber): void {
  try {
    subscriber.destroy();
  } catch {
    // Closed is what it should be.
  }
}
