import type { Message } from '../compat/nest-microservices.js';

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
