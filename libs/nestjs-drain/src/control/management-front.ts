import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Server } from 'node:net';
import {
  Inject,
  Injectable,
  type MiddlewareConsumer,
  NotFoundException,
  type OnModuleInit,
  type Type,
} from '@nestjs/common';
import { DiscoveryService, HttpAdapterHost } from '@nestjs/core';
import { DrainLog } from '../compat/nest-logger.js';
import { onSecondaryServers, rawOf } from '../compat/fastify.js';
import { ManagementRoutes } from '../compat/management-routes.js';
import { replaceMethod } from '../compat/nest-routes.js';
import { type Framework, frameworkOf, standBefore } from '../compat/request-front.js';
import {
  hasRoutes,
  literalHead,
  observeRoutes,
  ownerByPath,
  type RegisteredRoute,
} from '../compat/route-registration.js';
import { InvalidDrainOptionsError } from '../core/options.js';
import { MANAGEMENT, MANAGEMENT_ROUTES } from '../core/tokens.js';
import { CONTROL_OPTIONS, type ControlOptions } from './options.js';

type Handler = (...args: never[]) => unknown;

/** What is used of a Nest HTTP adapter. */
interface ServingAdapter {
  getHttpServer(): Server;
  getInstance(): unknown;
}

/**
 * Puts the management routes before the application, and keeps the application's own controllers with
 * `@Management()` on the management port, where there is one (docs/decisions/0007-management-port.md).
 */
@Injectable()
export class ManagementFront implements OnModuleInit {
  readonly #logger = new DrainLog('GracefulShutdown');
  readonly #registered: RegisteredRoute[] = [];
  /** Requests of the management port. */
  readonly #managed = new WeakSet<IncomingMessage>();
  /** Those among them whose route is marked. */
  readonly #permitted = new WeakSet<IncomingMessage>();
  #framework: Framework | undefined;
  #heads: readonly string[] | undefined;

  constructor(
    @Inject(CONTROL_OPTIONS) private readonly options: ControlOptions | false,
    @Inject(MANAGEMENT_ROUTES) private readonly routes: ManagementRoutes,
    private readonly discovery: DiscoveryService,
    private readonly adapterHost: HttpAdapterHost,
  ) {}

  /** Before Nest builds its router, and before any `onModuleInit` adds a listener to the server. */
  configure(consumer: MiddlewareConsumer): void {
    const adapter = this.adapterHost.httpAdapter as ServingAdapter | undefined;
    if (adapter === undefined) return;
    if (this.#hasPort) this.#framework = frameworkOf(adapter.getHttpServer());
    else if (this.routes.size > 0) this.#standBeforeAll(adapter);
    observeRoutes(adapter, (route, handler) => {
      this.#registered.push(route);
      return this.#hasPort ? this.#onlyTraffic(handler) : handler;
    });
    const marked = this.#markedControllers;
    if (!this.#hasPort || marked.length === 0) return;
    // Nest's own matching of exactly these routes, before every guard.
    consumer.apply(this.#onlyManagement).forRoutes(...marked);
  }

  onModuleInit(): void {
    if (!(this.adapterHost.httpAdapter as unknown)) return;
    if (this.#registered.length === 0 && hasRoutes(this.#controllers)) {
      this.#logger.warn(
        'This Nest registers its routes in a way that nestjs-drain does not see: routes of the application ' +
          'that have the path of a probe or shutdown route are not reported, and ours answer.',
      );
    }
    this.#refuseCollisions();
  }

  /**
   * Hands a request of the management port on to the application, if it may be for a controller with
   * `@Management()`; its route decides then.
   * @returns whether it did.
   */
  forward(request: IncomingMessage, response: ServerResponse): boolean {
    const [path = ''] = (request.url ?? '').split('?', 1);
    this.#heads ??= this.#markedRoutes.map((route) => literalHead(route.path));
    if (!this.#heads.some((head) => path === head || path.startsWith(`${head}/`))) return false;
    this.#managed.add(request);
    this.#framework?.(request, response);
    return true;
  }

  get #hasPort(): boolean {
    return this.options !== false && this.options.port !== undefined;
  }

  #standBeforeAll(adapter: ServingAdapter): void {
    this.#standBefore(adapter.getHttpServer());
    onSecondaryServers(adapter.getInstance(), (servers) => {
      for (const server of servers ?? []) this.#standBefore(server);
    });
  }

  #standBefore(server: Server): void {
    standBefore(server, (request, response) => {
      // First: every request of the application comes by here, and an address is a system call.
      if (!this.routes.isFor(request)) return false;
      const isUnixSocket = typeof server.address() === 'string';
      return this.routes.answer({ request, response, port: 'traffic', isUnixSocket });
    });
  }

  get #controllers(): Type[] {
    return this.discovery.getControllers().map(({ metatype }) => metatype as Type);
  }

  get #markedControllers(): Type[] {
    return this.#controllers.filter((type) => Reflect.hasMetadata(MANAGEMENT, type));
  }

  get #markedRoutes(): RegisteredRoute[] {
    const names = this.#markedControllers.map(({ name }) => name);
    return this.#registered.filter((route) => {
      const owner = this.#ownerOf(route);
      return names.some((name) => owner?.startsWith(`${name}.`));
    });
  }

  #ownerOf(route: RegisteredRoute): string | undefined {
    return route.owner ?? ownerByPath(this.#controllers, route);
  }

  /** @throws InvalidDrainOptionsError when the application has a route of the same path. */
  #refuseCollisions(): void {
    const rivals = this.#hasPort ? this.#markedRoutes : this.#registered;
    const problems = rivals.flatMap((route) => {
      const { method, path } = route;
      const ours = this.routes.at(path);
      if (!ours) return [];
      const owner = this.#ownerOf(route);
      const whose = owner ? `${owner}()` : 'a controller of the application';
      return [
        `${whose} answers ${method} ${path}, and so does this library; set \`${ours.option}\` to another ` +
          'path, or move the route of the application.',
      ];
    });
    if (problems.length > 0) throw new InvalidDrainOptionsError(problems);
  }

  readonly #onlyManagement = (request: IncomingMessage, _: unknown, next: () => void): void => {
    if (!this.#managed.has(rawOf(request))) throw notFound(request);
    this.#permitted.add(rawOf(request));
    next();
  };

  /** Puts a look at the request before a handler, so that the frameworks' own matching decides. */
  #onlyTraffic(handler: Handler): Handler {
    const guarded = (...args: unknown[]): unknown => {
      const request = args[0] as IncomingMessage;
      const raw = rawOf(request);
      if (this.#managed.has(raw) && !this.#permitted.has(raw)) throw notFound(raw);
      return handler(...(args as never[]));
    };
    // Adapters read options of a route, such as its version, from the handler.
    return replaceMethod(handler, handler.name, Object.assign(guarded, handler));
  }
}

function notFound(request: IncomingMessage & { originalUrl?: string }): NotFoundException {
  return new NotFoundException(`Cannot ${request.method} ${request.originalUrl ?? request.url}`);
}
