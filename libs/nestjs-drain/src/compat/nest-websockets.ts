import type { WebSocketAdapter } from '@nestjs/common';
import type { ApplicationConfig } from '@nestjs/core';
import { WebSocketGateway } from '@nestjs/websockets';
import { EMPTY, type Observable } from 'rxjs';
import { UnknownInternalError, requireParts } from './internals.js';

/** Where a gateway listens. Gateways with the same port and path share their clients. */
export interface GatewayPlace {
  /** 0 is the application's own HTTP server. */
  readonly port: number;
  readonly path: string | undefined;
}

// Nest's own metadata keys of a gateway, the same in 11 and 12.
const GATEWAY = 'websockets:is_gateway';
const OPTIONS = 'websockets:gateway_options';
const PORT = 'port';

/** The place of a gateway's class; undefined for classes that are no gateway. */
export function gatewayPlaceOf(metatype: object): GatewayPlace | undefined {
  if (!Reflect.hasMetadata(GATEWAY, metatype)) return undefined;
  const port = (Reflect.getMetadata(PORT, metatype) as number | undefined) ?? 0;
  const options = Reflect.getMetadata(OPTIONS, metatype) as { path?: string } | undefined;
  return { port, path: options?.path };
}

/** Nest's decorator has to leave what `gatewayPlaceOf` reads. @throws UnknownInternalError */
export function checkGatewayMetadata(): void {
  class Probe {}
  WebSocketGateway(1, { path: '/probe' })(Probe);
  const place = gatewayPlaceOf(Probe);
  if (place?.port === 1 && place.path === '/probe') return;
  throw new UnknownInternalError(
    '@nestjs/websockets keeps the port and the path of a gateway elsewhere than Nest 11 and 12 do: ' +
      'the drain cannot know which gateways are subscriptions. Install a version of nestjs-drain that ' +
      'supports the installed version of @nestjs/websockets.',
  );
}

/** What a client's messages pass through. */
export interface MessageGate {
  /** Whether a message that comes now is handled. */
  readonly takesMessages: boolean;
  /** Counts a message until all its replies have been sent. */
  replying<T>(replies: Observable<T>): Observable<T>;
}

/** What the drain does where the adapter makes servers, takes clients, binds messages and closes. */
export interface AdapterObserver {
  serverMade(server: object, place: GatewayPlace): void;
  /** @returns whether the gateway is given the client */
  clientCame(server: object, client: object): boolean;
  /** @returns undefined for a client that the drain cannot see, `refused` for one that was not admitted */
  gateOf(client: object): MessageGate | 'refused' | undefined;
  closing(close: () => Promise<void>): Promise<void>;
}

type Adapter = Required<
  Pick<WebSocketAdapter, 'create' | 'bindClientConnect' | 'bindMessageHandlers' | 'close'>
> & { dispose?(): Promise<void> };

/**
 * Stands in the application's WebSocket adapter, whichever it is: the adapter is chosen later, by the
 * application or by Nest.
 * @throws UnknownInternalError at start, or when an adapter is chosen that is none.
 */
export function observeAdapter(config: ApplicationConfig, observer: AdapterObserver): void {
  requireParts(config, {
    owner: 'ApplicationConfig of @nestjs/core',
    parts: ['getIoAdapter', 'setIoAdapter'],
    without: 'the drain cannot see WebSocket clients',
  });
  const observed = new WeakSet();
  const getAdapter = config.getIoAdapter.bind(config);
  config.getIoAdapter = () => {
    // Nest asks before there is one, too.
    const adapter = getAdapter() as WebSocketAdapter | undefined;
    if (adapter && !observed.has(adapter)) {
      observed.add(adapter);
      observe(adapter as Adapter, observer);
    }
    return adapter as WebSocketAdapter;
  };
}

function observe(adapter: Adapter, observer: AdapterObserver): void {
  requireParts(adapter, {
    owner: `The WebSocket adapter ${adapter.constructor.name}`,
    parts: ['create', 'bindClientConnect', 'bindMessageHandlers', 'close'],
    without: 'the drain cannot see WebSocket clients',
  });
  observeServers(adapter, observer);
  observeClients(adapter, observer);
  observeMessages(adapter, observer);
}

function observeServers(adapter: Adapter, observer: AdapterObserver): void {
  const create = adapter.create.bind(adapter);
  adapter.create = (port: number, options?: { path?: string }) => {
    const server = create(port, options) as object;
    observer.serverMade(server, { port, path: options?.path });
    return server;
  };
  const close = adapter.close.bind(adapter);
  adapter.close = (server) => observer.closing(async () => void (await close(server)));
  const dispose = adapter.dispose?.bind(adapter);
  if (dispose) adapter.dispose = () => observer.closing(dispose);
}

function observeClients(adapter: Adapter, observer: AdapterObserver): void {
  const bindClientConnect = adapter.bindClientConnect.bind(adapter);
  adapter.bindClientConnect = (server: object, callback: (...args: unknown[]) => unknown) => {
    bindClientConnect(server, (client: object, ...rest: unknown[]) => {
      if (observer.clientCame(server, client)) callback(client, ...rest);
    });
  };
}

function observeMessages(adapter: Adapter, observer: AdapterObserver): void {
  const bindMessageHandlers = adapter.bindMessageHandlers.bind(adapter);
  adapter.bindMessageHandlers = (client: object, handlers, transform) => {
    const gate = observer.gateOf(client);
    if (gate === 'refused') return;
    if (!gate) return void bindMessageHandlers(client, handlers, transform);
    const taken = handlers.map((handler) => ({
      ...handler,
      callback: (...args: unknown[]): ReturnType<typeof handler.callback> =>
        gate.takesMessages ? handler.callback(...args) : EMPTY,
    }));
    bindMessageHandlers(client, taken, (result: unknown) => gate.replying(transform(result)));
  };
}
