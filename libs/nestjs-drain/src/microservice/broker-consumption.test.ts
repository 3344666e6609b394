import { Transport, type Server } from '@nestjs/microservices';
import { expect, test } from '@jest/globals';
import { brokerConsumption } from './broker-consumption.js';

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

test.each([
  ['REDIS', ['unsubscribe', 'punsubscribe']],
  ['NATS', ['drain a', 'drain b']],
  ['RMQ', ['cancelAll']],
  ['KAFKA', ['stop']],
] as const)(
  '%s: consumption ends once, for good, and leaves the connection open',
  async (name, calls) => {
    log.length = 0;
    const server = { ...servers[name], transportId: Transport[name] } as unknown as Server;
    const consumption = brokerConsumption(server);
    await consumption?.pause();
    await consumption?.stop();
    expect(log).toEqual(calls);
    expect(consumption?.resumable).toBe(false);
  },
);

test('a transport that cannot be paused has no such consumption', () => {
  expect(brokerConsumption({ transportId: Transport.MQTT } as unknown as Server)).toBeUndefined();
  expect(brokerConsumption({} as Server)).toBeUndefined();
});
