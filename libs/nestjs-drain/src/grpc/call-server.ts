import {
  ServerInterceptingCall,
  type Server,
  type ServerInterceptingCallInterface,
  type ServerInterceptor,
} from '@grpc/grpc-js';

import { DrainLog } from '../compat/nest-logger.js';
import type { Drain } from '../core/drain.js';
import type { Listener } from '../core/shutdown.js';
import type { StreamKind } from '../core/stream.js';
import { within } from '../core/clock.js';
import { Call, tryElsewhere } from './call.js';

/**
 * Milliseconds after which grpc-js would itself destroy a connection that was asked to leave: never, by the
 * longest time that a timer can take. `stop()` destroys what is left; after a reset the calls go on.
 */
const NEVER = 2 ** 31 - 1;

/** Calls of watchers, which are no work: neither counted nor refused. */
const uncounted = /^\/grpc\.(health|reflection)\./;

/** One gRPC server: which calls it is given, and how its connections end. */
export class CallServer implements Listener {
  readonly #logger = new DrainLog('GracefulShutdown');
  readonly #watching = new Set<ServerInterceptingCallInterface>();
  #server: Server | undefined;
  #isLeaving = false;

  constructor(
    private readonly address: string,
    private readonly kindOf: (method: { path: string; responseStream: boolean }) => StreamKind,
    /** The server's own close. */
    private readonly close: () => Promise<void>,
    private readonly drain: Drain,
  ) {
    drain.events.on('phaseChanged', () => {
      // By the drain's phase, not the event's: an observer may have reset it in between.
      if (drain.phase === 'draining') this.#sayGoodbye();
    });
  }

  bound(server: Server): void {
    this.#server = server;
  }

  /** Nearest to the transport: it sees every call, of whatever service. */
  readonly interceptor: ServerInterceptor = (method, transport) => {
    if (uncounted.test(method.path)) return this.#watch(transport);
    const kind = this.kindOf(method);
    const call = new Call(kind, method.path, transport, this.drain, this.#onRefused);
    return new ServerInterceptingCall(transport, call.responder);
  };

  /** All calls have ended: shuts the connections gracefully, and destroys what outstays its bound. */
  async stop(deadline: number): Promise<void> {
    const { options } = this.drain;
    for (const call of this.#watching) call.sendStatus(tryElsewhere(options.retryAfter));
    if (this.#server) await this.#shut(this.#server, deadline);
    await this.close();
  }

  /** By force where a client does not go, and without it where the force does not help either. */
  async #shut(server: Server, deadline: number): Promise<void> {
    const { clock, options } = this.drain;
    const bound = Math.min(deadline - clock.now(), options.flushTimeout * 1000);
    const shut = new Promise<void>((resolve) => server.tryShutdown(() => resolve()));
    if (await within(clock, bound, shut)) return;
    server.forceShutdown();
  }

  #watch(transport: ServerInterceptingCallInterface): ServerInterceptingCall {
    return new ServerInterceptingCall(transport, {
      start: (next) => {
        this.#watching.add(transport);
        next({ onCancel: () => this.#watching.delete(transport) });
      },
    });
  }

  /** Its client has found this replica by a new connection, so that one is told as well. */
  readonly #onRefused = (): void => {
    if (this.#isLeaving) return;
    this.#isLeaving = true;
    setImmediate(() => {
      this.#isLeaving = false;
      this.#sayGoodbye();
    });
  };

  /**
   * GOAWAY on every connection: calls under way go on, the next one opens a connection elsewhere.
   * The listener stays, for those who have not heard yet.
   */
  #sayGoodbye(): void {
    try {
      this.#server?.drain(this.address, NEVER);
    } catch (error) {
      this.#logger.warn(
        `The connections of the gRPC server at ${this.address} cannot be told to leave; ` +
          `give it a fixed port. ${String(error)}`,
      );
    }
  }
}
