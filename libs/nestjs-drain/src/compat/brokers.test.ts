import { Transport } from '@nestjs/microservices';
import { Logger } from '@nestjs/common';
import { expect, jest, test } from '@jest/globals';
import type { MicroserviceServer } from './nest-microservices.js';
import { unsubscriberOf } from './brokers.js';

const log: string[] = [];
const told = (what: string) => (): Promise<void> => {
  log.push(what);
  return Promise.resolve();
};

/** The servers as Nest makes them, as far as their clients are used. */
const servers: Record<string, object> = {
  REDIS: {
    unwrap: () => [{}, { unsubscribe: told('unsubscribe'), punsubscribe: told('punsubscribe') }],
  },
  NATS: { subscriptions: [{ drain: told('drain a') }, { drain: told('drain b') }] },
  RMQ: { channel: { cancelAll: told('cancelAll') } },
  KAFKA: { unwrap: () => [{}, { stop: told('stop') }, {}] },
};

const serverOf = (name: keyof typeof Transport, parts: object): MicroserviceServer =>
  ({ ...parts, transportId: Transport[name] }) as unknown as MicroserviceServer;

test.each([
  ['REDIS', ['unsubscribe', 'punsubscribe']],
  ['NATS', ['drain a', 'drain b']],
  ['RMQ', ['cancelAll']],
  ['KAFKA', ['stop']],
] as const)('%s: all subscriptions end, and the connection stays open', async (name, calls) => {
  log.length = 0;
  await unsubscriberOf(serverOf(name, servers[name] ?? {}))?.();
  expect(log).toEqual(calls);
});

test('a transport that cannot be paused has no subscriptions to end', () => {
  expect(unsubscriberOf(serverOf('MQTT', {}))).toBeUndefined();
});

test.each([
  ['REDIS', 'unwrap'],
  ['NATS', 'subscriptions'],
  ['RMQ', 'channel'],
  ['KAFKA', 'unwrap'],
] as const)('%s without `%s`: a warning at start says that messages go on coming', (name, part) => {
  const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
  expect(unsubscriberOf(serverOf(name, {}))).toBeUndefined();
  expect(warn).toHaveBeenCalledWith(expect.stringContaining(`has no \`${part}\``));
  expect(warn).toHaveBeenCalledWith(expect.stringContaining('messages go on coming'));
  warn.mockRestore();
});
