import type { Server } from '@nestjs/microservices';
import type { Drain } from '../core/drain.js';
import { InFlight } from '../core/in-flight.js';
import type { Listener } from '../core/shutdown.js';
import { within } from '../core/within.js';
import type { Consumption } from './consumption.js';
import { countMessages, type Message } from './message-count.js';

/** One server of message handlers: what it works on, how it stops taking more, and how it ends. */
export class MessageServer implements Listener {
  /** All of this server, late ones included: the transport is not closed under any of them. */
  readonly #working = new InFlight('messages', { awaitsLateWork: true });

  constructor(
    server: Server,
    private readonly consumption: Consumption,
    /** The server's own close, which closes its transport. */
    private readonly close: () => Promise<void>,
    private readonly drain: Drain,
  ) {
    countMessages(server, {
      started: (message) => this.#started(message),
      ended: (message) => this.#ended(message),
    });
  }

  /** The drain has closed: takes no more from where the transport allows to say so. */
  async pause(): Promise<void> {
    if (!this.consumption.resumable) this.drain.makeIrreversible();
    await this.consumption.pause();
  }

  async stop(deadline: number): Promise<void> {
    const { clock, options } = this.drain;
    this.#working.close();
    const stopped = this.consumption.stop();
    await within(clock, deadline - clock.now(), this.#working.whenEmpty());
    const linger = Math.min(deadline, clock.now() + options.flushTimeout * 1000);
    // Not for its error: closing comes next anyway.
    await within(clock, linger - clock.now(), stopped);
    await this.close();
  }

  #started(message: Message): void {
    this.consumption.started?.(message);
    this.drain.messages.enter(message);
    this.#working.enter(message);
  }

  #ended(message: Message): void {
    this.drain.messages.leave(message);
    this.#working.leave(message);
    this.consumption.ended?.(message);
  }
}
