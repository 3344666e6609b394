import type { Message } from './message-count.js';

/** How one transport stops taking messages. What it cannot promise stands in docs/transports.md. */
export interface Consumption {
  /** Whether it goes on by itself if the drain is reset. */
  readonly resumable: boolean;
  started?(message: Message): void;
  ended?(message: Message): void;
  /** When the drain closes: takes no more, and lets what is here be answered. */
  pause(): void | Promise<void>;
  /** After the drain: reads no more, and ends with the last reply what the transport's close would cut. */
  stop(): void | Promise<void>;
}
