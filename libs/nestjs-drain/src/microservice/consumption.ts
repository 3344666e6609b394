import { Transport } from '@nestjs/microservices';
import { unsubscriberOf } from '../compat/brokers.js';
import type { Message, MicroserviceServer } from '../compat/nest-microservices.js';
import { TcpConsumption } from './tcp-consumption.js';

/** How one transport stops taking messages. What it cannot promise stands in docs/transports.md. */
export interface Consumption {
  /** Takes it up again if the drain is reset; undefined where it cannot be taken up. */
  resume?: () => void;
  /** Whether a message from this source can still be answered. Default: it can. */
  takes?(source: unknown): boolean;
  started?(message: Message): void;
  ended?(message: Message): void;
  /** When the drain closes: takes no more, and lets what is here be answered. */
  pause(): void | Promise<void>;
  /** After the drain: reads no more, and ends with the last reply what the transport's close would cut. */
  stop(): void | Promise<void>;
}

/** For transports that cannot be paused: their messages are still counted and waited for. */
const unpausable: Consumption = {
  resume: () => undefined,
  pause: () => undefined,
  stop: () => undefined,
};

export function consumptionOf(server: MicroserviceServer): Consumption {
  if (server.transportId === Transport.TCP) return new TcpConsumption(server);
  const unsubscribe = unsubscriberOf(server);
  return unsubscribe ? subscribed(unsubscribe) : unpausable;
}

/** A subscription to a broker ends once, and does not come back. */
function subscribed(unsubscribe: () => Promise<void>): Consumption {
  let ending: Promise<void> | undefined;
  const end = (): Promise<void> => (ending ??= unsubscribe());
  return { pause: end, stop: end };
}
