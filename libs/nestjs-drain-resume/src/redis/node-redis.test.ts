import { expect, jest, test } from '@jest/globals';
import { fromNodeRedis } from './node-redis.js';

/** A subscriber that is connected at once, or whose handshake is never answered. */
function subscriber(answers: boolean) {
  let refuse = (): void => undefined;
  const connected = new Promise<void>((resolve, reject) => {
    refuse = () => reject(new Error('destroyed'));
    if (answers) resolve();
  });
  const one = {
    isOpen: false,
    on: jest.fn(),
    connect: () => {
      one.isOpen = true;
      return connected;
    },
    subscribe: jest.fn(() => Promise.resolve()),
    unsubscribe: jest.fn(() => Promise.resolve()),
    destroy: jest.fn(() => {
      one.isOpen = false;
      refuse();
    }),
  };
  return one;
}

function setUp(...subscribers: ReturnType<typeof subscriber>[]) {
  const waiting = [...subscribers];
  const client = {
    isOpen: true,
    isReady: true,
    connect: () => Promise.resolve(),
    destroy: () => undefined,
    sendCommand: () => Promise.resolve('PONG'),
    duplicate: () => waiting.shift()!,
  };
  return fromNodeRedis(client);
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

test('a subscriber whose handshake is never answered is replaced, and its listeners are woken', async () => {
  const [silent, other] = [subscriber(false), subscriber(true)];
  const connection = setUp(silent, other);
  const wake = jest.fn();
  const refused = expect(connection.subscribe('channel', wake)).rejects.toThrow('destroyed');
  connection.reconnect?.();
  await refused;
  await settled();
  expect(silent.isOpen).toBe(false);
  expect(other.subscribe.mock.calls).toEqual([['channel', wake]]);
  expect(wake).toHaveBeenCalledTimes(1);
});

test('a subscriber is closed, also one whose handshake is never answered', async () => {
  for (const answers of [true, false]) {
    const one = subscriber(answers);
    const connection = setUp(one);
    const subscribing = connection.subscribe('channel', jest.fn()).catch(() => undefined);
    await connection.close();
    await subscribing;
    await settled();
    expect([one.isOpen, one.destroy.mock.calls.length > 0]).toEqual([false, true]);
  }
});

test('a cluster that opens its nodes though it was closed meanwhile is closed again', async () => {
  const cluster = subscriber(true);
  let discover = (): void => undefined;
  cluster.connect = () =>
    new Promise<void>((resolve) => {
      discover = () => {
        cluster.isOpen = true;
        resolve();
      };
    });
  const connection = setUp(cluster);
  const subscribing = connection.subscribe('channel', jest.fn()).catch(() => undefined);
  await connection.close();
  discover();
  await subscribing;
  await settled();
  expect(cluster.isOpen).toBe(false);
});

test('a subscriber that was closed already, and says so, is no fault', async () => {
  const one = subscriber(true);
  one.destroy.mockImplementation(() => {
    throw new Error('The client is closed');
  });
  const connection = setUp(one);
  await connection.subscribe('channel', jest.fn());
  await expect(connection.close()).resolves.toBeUndefined();
});
