import { Inject, Injectable, Logger } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { Transport, type Server } from '@nestjs/microservices';
import { Drain } from '../core/drain.js';
import { closeAfterShutdown, type Shutdown } from '../core/shutdown.js';
import { DRAIN, SHUTDOWN } from '../core/tokens.js';
import { brokerConsumption } from './broker-consumption.js';
import type { Consumption } from './consumption.js';
import { MessageServer } from './message-server.js';
import { TcpConsumption } from './tcp-consumption.js';

type AnyServer = Server & { readonly transportId?: Transport | symbol };

/** Finds the servers of the application's microservices as Nest makes them. */
@Injectable()
export class MessageServers {
  readonly #logger = new Logger('GracefulShutdown');

  constructor(
    modules: ModulesContainer,
    @Inject(DRAIN) private readonly drain: Drain,
    @Inject(SHUTDOWN) private readonly shutdown: Shutdown,
  ) {
    modules.getRpcTargetRegistry<AnyServer>().subscribe((server) => this.#attach(server));
  }

  #attach(server: AnyServer): void {
    // Its calls are streams, with an entry of their own.
    if (server.transportId === Transport.GRPC) return;
    const close = closeAfterShutdown(server, this.shutdown);
    const attached = new MessageServer(server, consumptionOf(server), close, this.drain);
    this.drain.listeners.add(attached);
    this.drain.events.subscribe((event) => {
      if (event.type === 'phaseChanged' && event.phase === 'draining') void this.#pause(attached);
    });
  }

  async #pause(server: MessageServer): Promise<void> {
    try {
      await server.pause();
    } catch (error) {
      this.#logger.error('A microservice could not stop consuming; the drain goes on.', error);
    }
  }
}

/** For transports that cannot be paused: their messages are still counted and waited for. */
const unpausable: Consumption = {
  resumable: true,
  pause: () => undefined,
  stop: () => undefined,
};

function consumptionOf(server: AnyServer): Consumption {
  if (server.transportId === Transport.TCP) return new TcpConsumption(server);
  return brokerConsumption(server) ?? unpausable;
}
