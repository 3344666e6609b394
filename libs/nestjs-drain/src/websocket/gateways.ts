import { Inject, Injectable } from '@nestjs/common';
import { ApplicationConfig, DiscoveryService } from '@nestjs/core';
import { closeWithin } from '../compat/close-within.js';
import {
  checkGatewayMetadata,
  gatewayPlaceOf,
  observeAdapter,
  type AdapterObserver,
  type GatewayPlace,
  type MessageGate,
} from '../compat/nest-websockets.js';
import {
  engineConnectionOf,
  engineOf,
  isEngineConnection,
  refuseSessions,
  SocketIoClient,
} from '../compat/socket-io.js';
import {
  isWebSocket,
  refuseHandshakes,
  WebSocketClient,
  type HandshakeGate,
  type SocketClient,
} from '../compat/ws.js';
import { Drain } from '../core/drain.js';
import type { StreamKind } from '../core/stream.js';
import { DRAIN, DRAINABLE_STREAM } from '../core/tokens.js';
import { WaveSchedule } from '../core/waves.js';
import { Connection } from './connection.js';

export const WEBSOCKET_OPTIONS = Symbol.for('nestjs-drain.WebSocketOptions');

export interface DrainWebSocketOptions {
  /**
   * The code that clients are closed with: 1012 (service restart) or 1001 (going away), for clients that
   * know only that. The reason says when to come back, in seconds: `retry-after=1`. Default 1012.
   */
  closeCode?: 1001 | 1012;
}

interface Declared {
  readonly kind: StreamKind;
  readonly route: string;
}

const undeclared: Declared = { kind: 'finite', route: 'WS /' };

/** The clients of all gateways: counted from their handshake, and asked to leave while draining. */
@Injectable()
export class Gateways implements AdapterObserver {
  readonly #servers = new WeakMap<object, Declared>();
  /** By the transport connection, which the namespaces of socket.io share. */
  readonly #connections = new WeakMap<object, Connection | 'refused'>();
  readonly #open = new Set<Connection>();
  #stopWaves = (): void => undefined;
  /** Whether the adapter's clients are of a library that the drain does not know. */
  #isBlind = false;

  constructor(
    config: ApplicationConfig,
    private readonly discovery: DiscoveryService,
    @Inject(DRAIN) private readonly drain: Drain,
    @Inject(WEBSOCKET_OPTIONS) private readonly options: DrainWebSocketOptions,
  ) {
    checkGatewayMetadata();
    observeAdapter(config, this);
    drain.events.on('phaseChanged', () => this.#followPhase());
  }

  serverMade(server: object, place: GatewayPlace): void {
    if (this.#servers.has(server)) return;
    const declared = { kind: this.#kindOf(place), route: `WS ${place.path ?? '/'}` };
    this.#servers.set(server, declared);
    const engine = engineOf(server);
    const gate: HandshakeGate = {
      refusal: () => this.#refusal(declared),
      admitted: (socket) => this.drain.upgrades.claim(socket),
    };
    if (engine) refuseSessions(engine, gate);
    else refuseHandshakes(server, gate);
  }

  /** Once per connection, however many gateways and namespaces it has. */
  clientCame(server: object, client: object): boolean {
    const key = engineConnectionOf(client) ?? client;
    const known = this.#connections.get(key);
    if (known) return known !== 'refused';
    const socket = this.#socketOf(client);
    // What the drain cannot see is served all the same.
    if (!socket) return true;
    const { kind, route } = this.#servers.get(server) ?? undeclared;
    const { closeCode = 1012 } = this.options;
    const connection = new Connection(kind, route, socket, closeCode, this.drain);
    const isAdmitted = connection.open();
    this.#connections.set(key, isAdmitted ? connection : 'refused');
    if (isAdmitted) this.#open.add(connection);
    socket.onceClosed(() => this.#open.delete(connection));
    return isAdmitted;
  }

  gateOf(client: object): MessageGate | 'refused' | undefined {
    return this.#connections.get(engineConnectionOf(client) ?? client);
  }

  closing(close: () => Promise<void>): Promise<void> {
    return closeWithin(this.drain, 'The WebSocket server', close);
  }

  /**
   * Gateways with the same port and path share their clients. One that has answers to finish makes
   * the client finite for all of them; undecorated ones have.
   */
  #kindOf({ port, path }: GatewayPlace): StreamKind {
    const sharing = this.discovery
      .getProviders()
      .map(({ metatype }) => metatype as unknown)
      .filter((metatype): metatype is object => typeof metatype === 'function')
      .filter((metatype) => {
        const place = gatewayPlaceOf(metatype);
        return place?.port === port && place.path === path;
      });
    const isSubscription = (gateway: object): boolean =>
      (Reflect.getMetadata(DRAINABLE_STREAM, gateway) as { kind?: StreamKind } | undefined)
        ?.kind === 'subscription';
    return sharing.length > 0 && sharing.every(isSubscription) ? 'subscription' : 'finite';
  }

  /** The client by its library; undefined, after one warning, where it is neither ws nor socket.io. */
  #socketOf(client: object): SocketClient | undefined {
    if (this.#isBlind) return undefined;
    const connection = engineConnectionOf(client);
    if (connection) {
      if (isEngineConnection(connection)) return new SocketIoClient(connection);
    } else if (isWebSocket(client)) {
      return new WebSocketClient(client);
    }
    this.#isBlind = true;
    return undefined;
  }

  #refusal(declared: Declared): number | undefined {
    const { streams } = this.drain;
    if (!streams.isClosed) return undefined;
    const unopened = { end: () => undefined, destroy: () => undefined };
    const admission = streams.admit(declared, unopened);
    return admission.admitted ? undefined : admission.retryAfter;
  }

  /** By the drain's phase, not the event's: an observer may have reset it in between. */
  #followPhase(): void {
    const { phase } = this.drain;
    this.#stopWaves();
    if (phase === 'draining') this.#leaveInWaves();
    if (phase === 'serving') for (const connection of this.#open) connection.stay();
  }

  /** The core ends subscriptions. Finite clients end by themselves: those that wait for nothing now. */
  #leaveInWaves(): void {
    const { clock, options } = this.drain;
    const waves = new WaveSchedule(clock, options.waves);
    this.#stopWaves = waves.run([...this.#open], options.timeout * 1000, (one) => one.leave());
  }
}
