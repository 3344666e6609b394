import { Inject, Injectable } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { Transport } from '@nestjs/microservices';
import { DrainLog, stackOf } from '../compat/nest-logger.js';
import { unsubscriberOf } from '../compat/brokers.js';
import {
  closeAfterShutdown,
  countMessages,
  findServers,
  type Message,
  type MicroserviceServer,
} from '../compat/nest-microservices.js';
import { Drain } from '../core/drain.js';
import { InFlight } from '../core/in-flight.js';
import type { Listener, Shutdown } from '../core/shutdown.js';
import { DRAIN, SHUTDOWN } from '../core/tokens.js';
import { within } from '../core/clock.js';
import { TcpConsumption, type Consumption } from './consumption.js';

/** Finds the servers of the application's microservices as Nest makes them. */
@Injectable()
export class MessageServers {
  constructor(
    modules: ModulesContainer,
    @Inject(DRAIN) private readonly drain: Drain,
    @Inject(SHUTDOWN) private readonly shutdown: Shutdown,
  ) {
    findServers(modules, (server) => this.#attach(server));
  }

  #attach(server: MicroserviceServer): void {
    // Its calls are streams, with an entry of their own.
    if (server.transportId === Transport.GRPC) return;
    const close = closeAfterShutdown(server, this.shutdown, this.drain);
    const attached = new MessageServer(server, consumptionOf(server), close, this.drain);
    this.drain.listeners.add(attached);
  }
}

/** One server of message handlers: what it works on, how it stops taking more, and how it ends. */
class MessageServer implements Listener {
  readonly #logger = new DrainLog('GracefulShutdown');
  /** All of this server, late ones included: the transport is not closed under any of them. */
  readonly #working = new InFlight('messages', { awaitsLateWork: true });

  #isClosed = false;

  constructor(
    server: MicroserviceServer,
    private readonly consumption: Consumption,
    /** The server's own close, which closes its transport. */
    private readonly close: () => Promise<void>,
    private readonly drain: Drain,
  ) {
    countMessages(server, {
      takes: (source) => consumption.takes?.(source) ?? true,
      started: (message) => this.#started(message),
      ended: (message) => this.#ended(message),
      isClosed: () => this.#isClosed,
    });
    drain.events.on('phaseChanged', () => this.#followPhase());
  }

  /** Waits for the answers, then for the transport's own end; for neither beyond its bound. */
  async stop(deadline: number): Promise<void> {
    const { clock, options } = this.drain;
    this.#working.close();
    const stopped = this.consumption.stop();
    await within(clock, deadline - clock.now(), this.#working.whenEmpty());
    const linger = Math.min(deadline - clock.now(), options.flushTimeout * 1000);
    await within(clock, linger, stopped);
    this.#isClosed = true;
    await this.close();
  }

  /** By the drain's phase, not the event's: an observer may have reset it in between. */
  #followPhase(): void {
    const { phase } = this.drain;
    if (phase === 'draining') void this.#pause();
    if (phase === 'serving') this.consumption.resume?.();
  }

  /** The drain has closed: takes no more from where the transport allows to say so. */
  async #pause(): Promise<void> {
    if (!this.consumption.resume)
      this.drain.makeIrreversible('the subscriptions to a broker have been ended');
    try {
      await this.consumption.pause();
    } catch (error) {
      this.#logger.error(
        'A microservice could not stop consuming; the drain goes on.',
        stackOf(error),
      );
    }
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

/** For transports that cannot be paused: their messages are still counted and waited for. */
const unpausable: Consumption = {
  resume: () => undefined,
  pause: () => undefined,
  stop: () => undefined,
};

function consumptionOf(server: MicroserviceServer): Consumption {
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
