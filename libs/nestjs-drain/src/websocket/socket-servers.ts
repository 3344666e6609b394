import { Inject, Injectable, type WebSocketAdapter } from '@nestjs/common';
import { ApplicationConfig } from '@nestjs/core';
import { EMPTY } from 'rxjs';
import { Drain } from '../core/drain.js';
import type { StreamKind } from '../core/stream.js';
import { DRAIN } from '../core/tokens.js';
import { WaveSchedule } from '../core/waves.js';
import { Connection } from './connection.js';
import { GatewayKinds } from './gateway-kinds.js';
import { WEBSOCKET_OPTIONS, type DrainWebSocketOptions } from './options.js';
import {
  SocketIoClient,
  WebSocketClient,
  type EngineConnection,
  type WebSocket,
} from './socket-client.js';
import { refuseUpgrades } from './upgrades.js';

type Client = WebSocket & { readonly conn?: EngineConnection };

interface Declared {
  readonly kind: StreamKind;
  readonly route: string;
}

const undeclared: Declared = { kind: 'finite', route: 'WS /' };

/**
 * Stands in the application's WebSocket adapter, whichever it is: where servers are made, clients
 * come in and messages are bound. Gateways and adapters need to know nothing of it.
 */
@Injectable()
export class SocketServers {
  readonly #adapters = new WeakSet<object>();
  readonly #servers = new WeakMap<object, Declared>();
  /** By the transport connection, which the namespaces of socket.io share. */
  readonly #connections = new WeakMap<object, Connection | 'refused'>();
  readonly #open = new Set<Connection>();

  constructor(
    config: ApplicationConfig,
    private readonly kinds: GatewayKinds,
    @Inject(DRAIN) private readonly drain: Drain,
    @Inject(WEBSOCKET_OPTIONS) private readonly options: DrainWebSocketOptions,
  ) {
    // The adapter is chosen later, by the application or by Nest.
    const getAdapter = config.getIoAdapter.bind(config);
    config.getIoAdapter = () => this.#attach(getAdapter());
    drain.events.subscribe((event) => {
      if (event.type !== 'phaseChanged') return;
      if (event.phase === 'draining') this.#leaveInWaves();
      if (event.phase === 'serving') for (const connection of this.#open) connection.stay();
    });
  }

  #attach(adapter: WebSocketAdapter): WebSocketAdapter {
    // Nest asks before there is one, too.
    if (!(adapter as WebSocketAdapter | undefined) || this.#adapters.has(adapter)) return adapter;
    this.#adapters.add(adapter);
    this.#watchServers(adapter);
    this.#watchClients(adapter);
    return adapter;
  }

  #watchServers(adapter: WebSocketAdapter): void {
    const create = adapter.create.bind(adapter);
    adapter.create = (port: number, options?: { path?: string }) => {
      const server = create(port, options) as object;
      if (this.#servers.has(server)) return server;
      const path = options?.path;
      const declared = { kind: this.kinds.kindOf(port, path), route: `WS ${path ?? '/'}` };
      this.#servers.set(server, declared);
      refuseUpgrades(server, () => this.#refusal(declared));
      return server;
    };
  }

  #watchClients(adapter: WebSocketAdapter): void {
    const bindClientConnect = adapter.bindClientConnect.bind(adapter);
    adapter.bindClientConnect = (server: object, callback: (...args: unknown[]) => unknown) => {
      bindClientConnect(server, (client: Client, ...rest: unknown[]) => {
        if (this.#admits(server, client)) callback(client, ...rest);
      });
    };
    const bindMessageHandlers = adapter.bindMessageHandlers.bind(adapter);
    adapter.bindMessageHandlers = (client: Client, handlers, transform) => {
      const connection = this.#connections.get(client.conn ?? client);
      if (!(connection instanceof Connection)) return;
      const taken = handlers.map((handler) => ({
        ...handler,
        callback: (...args: unknown[]): ReturnType<typeof handler.callback> =>
          connection.takesMessages ? handler.callback(...args) : EMPTY,
      }));
      bindMessageHandlers(client, taken, (result: unknown) =>
        connection.replying(transform(result)),
      );
    };
  }

  /** Once per connection, however many gateways and namespaces it has. */
  #admits(server: object, client: Client): boolean {
    const key = client.conn ?? client;
    const known = this.#connections.get(key);
    if (known) return known !== 'refused';
    const { kind, route } = this.#servers.get(server) ?? undeclared;
    const socket = client.conn ? new SocketIoClient(client.conn) : new WebSocketClient(client);
    const { closeCode = 1012 } = this.options;
    const connection = new Connection(kind, route, socket, closeCode, this.drain);
    const isAdmitted = connection.open();
    this.#connections.set(key, isAdmitted ? connection : 'refused');
    if (isAdmitted) this.#open.add(connection);
    socket.onceClosed(() => this.#open.delete(connection));
    return isAdmitted;
  }

  #refusal(declared: Declared): number | undefined {
    const { streams } = this.drain;
    if (!streams.isClosed) return undefined;
    const unopened = { end: () => undefined, destroy: () => undefined };
    const admission = streams.admit(declared, unopened);
    return admission.admitted ? undefined : admission.retryAfter;
  }

  /** The core tells subscriptions. Finite clients end by themselves: those that wait for nothing now. */
  #leaveInWaves(): void {
    const { clock, options } = this.drain;
    const waves = new WaveSchedule(clock, options.waves);
    waves.run([...this.#open], options.timeout * 1000, (one) => one.leave());
  }
}
