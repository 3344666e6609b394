import { Transport, type Server } from '@nestjs/microservices';
import type { Consumption } from './consumption.js';

type AnyServer = Server & { readonly transportId?: Transport | symbol };

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

/** Ends the subscriptions of one server; resolves when the broker has heard. */
type Unsubscribe = (server: AnyServer) => Promise<unknown>;

const unsubscribeFrom: Partial<Record<Transport, Unsubscribe>> = {
  [Transport.REDIS]: async (server) => {
    const [, subscriber] = server.unwrap<[unknown, RedisSubscriber]>();
    // Without names both mean: from everything.
    await Promise.all([subscriber.unsubscribe(), subscriber.punsubscribe()]);
  },
  [Transport.NATS]: async (server) => {
    // Draining the subscriptions and not the connection: the replies still have to leave by it.
    const { subscriptions = [] } = server as unknown as { subscriptions?: NatsSubscription[] };
    await Promise.all(subscriptions.map((subscription) => subscription.drain()));
  },
  [Transport.RMQ]: async (server) => {
    const { channel } = server as unknown as { channel: RabbitChannel | null };
    await channel?.cancelAll();
  },
  [Transport.KAFKA]: async (server) => {
    // Waits for the batch in work, commits, and leaves the group: others take the partitions over.
    const [, consumer] = server.unwrap<[unknown, KafkaConsumer]>();
    await consumer.stop();
  },
};

/** Brokers keep or re-route what is not consumed: this replica leaves, the others go on. */
export function brokerConsumption(server: AnyServer): Consumption | undefined {
  const { transportId } = server;
  const unsubscribe = typeof transportId === 'number' ? unsubscribeFrom[transportId] : undefined;
  if (!unsubscribe) return undefined;
  let pausing: Promise<unknown> | undefined;
  const pause = async (): Promise<void> => void (await (pausing ??= unsubscribe(server)));
  return { resumable: false, pause, stop: pause };
}
