import { Transport } from '@nestjs/microservices';
import { expectParts } from './internals.js';
import type { MicroserviceServer } from './nest-microservices.js';

/** The parts of the brokers' clients that are used. Only their own packages declare them. */
interface RedisSubscriber {
  unsubscribe(): Promise<unknown>;
  punsubscribe(): Promise<unknown>;
}
interface NatsSubscription {
  drain(): Promise<void>;
}
interface RabbitChannel {
  cancelAll(): Promise<void>;
}
interface KafkaConsumer {
  stop(): Promise<void>;
}

interface Broker {
  readonly name: string;
  /** The part of Nest's server that holds the subscriptions. */
  readonly part: string;
  /** Ends the subscriptions of one server; resolves when the broker has heard. */
  unsubscribe(server: MicroserviceServer): Promise<unknown>;
}

const brokers: Partial<Record<Transport, Broker>> = {
  [Transport.REDIS]: {
    name: 'Redis',
    part: 'unwrap',
    unsubscribe(server) {
      const [, subscriber] = server.unwrap<[unknown, RedisSubscriber]>();
      // Without names both mean: from everything.
      return Promise.all([subscriber.unsubscribe(), subscriber.punsubscribe()]);
    },
  },
  [Transport.NATS]: {
    name: 'NATS',
    part: 'subscriptions',
    unsubscribe(server) {
      // Draining the subscriptions and not the connection: the replies still have to leave by it.
      const { subscriptions } = server as unknown as { subscriptions: NatsSubscription[] };
      return Promise.all(subscriptions.map((subscription) => subscription.drain()));
    },
  },
  [Transport.RMQ]: {
    name: 'RabbitMQ',
    part: 'channel',
    async unsubscribe(server) {
      const { channel } = server as unknown as { channel: RabbitChannel | null };
      // Null until the server listens: nothing is consumed yet.
      if (channel) await channel.cancelAll();
    },
  },
  [Transport.KAFKA]: {
    name: 'Kafka',
    part: 'unwrap',
    unsubscribe(server) {
      // Waits for the batch in work, commits, and leaves the group: others take the partitions over.
      const [, consumer] = server.unwrap<[unknown, KafkaConsumer]>();
      return consumer.stop();
    },
  },
};

/**
 * How a server ends its subscriptions; undefined where it cannot, with a warning if its transport could.
 * Brokers keep or re-route what is not consumed: this replica leaves, the others go on.
 */
export function unsubscriberOf(server: MicroserviceServer): (() => Promise<void>) | undefined {
  const { transportId } = server;
  const broker = typeof transportId === 'number' ? brokers[transportId] : undefined;
  if (!broker) return undefined;
  const isKnown = expectParts(server, {
    owner: `The ${broker.name} server of @nestjs/microservices`,
    parts: [broker.part],
    without: `the drain cannot end its subscriptions; messages go on coming until the server is closed`,
  });
  return isKnown ? async () => void (await broker.unsubscribe(server)) : undefined;
}
