import type { Type } from '@nestjs/common';
import type { ModuleRef } from '@nestjs/core';
import { AbstractGraphQLDriver } from '@nestjs/graphql';
import type { Context, ServerOptions } from 'graphql-ws';
import { DrainLog } from './nest-logger.js';
import { requireParts } from './internals.js';
import { isWebSocket, type WebSocket } from './ws.js';

/** The hooks of a graphql-ws server that the drain takes part in. */
export type GraphQLWsHooks = Pick<
  ServerOptions,
  'onConnect' | 'onSubscribe' | 'onComplete' | 'onError'
>;

/** How a driver's options declare subscriptions: Apollo's `subscriptions`, Mercurius' `subscription`. */
interface DriverOptions {
  installSubscriptionHandlers?: boolean;
  subscriptions?: { 'graphql-ws'?: true | GraphQLWsHooks };
  subscription?: unknown;
}

interface Driver {
  start(options: DriverOptions): unknown;
}

/**
 * Lets `extend` add to the hooks of every graphql-ws server of the application. It has to be called before
 * `onModuleInit`, in which @nestjs/graphql starts its drivers.
 * @throws UnknownInternalError when a driver cannot be extended
 */
export function extendGraphQLWs(
  modules: ModuleRef,
  extend: (hooks: GraphQLWsHooks) => GraphQLWsHooks,
): void {
  const token = AbstractGraphQLDriver as unknown as Type<Driver>;
  for (const driver of driversOf(modules, token)) {
    requireParts(driver, {
      owner: `The GraphQL driver ${driver.constructor.name}`,
      parts: ['start'],
      without: 'the drain cannot see GraphQL subscriptions',
    });
    const start = driver.start.bind(driver);
    driver.start = (options) => start(extended(options, driver, extend));
  }
}

function driversOf(modules: ModuleRef, token: Type<Driver>): Driver[] {
  try {
    return modules.get<Driver>(token, { strict: false, each: true });
  } catch (error) {
    const remedy =
      'DrainGraphQLModule finds no GraphQL driver: import GraphQLModule.forRoot() too, or leave it out.';
    throw new TypeError(remedy, { cause: error });
  }
}

function extended(
  options: DriverOptions,
  driver: object,
  extend: (hooks: GraphQLWsHooks) => GraphQLWsHooks,
): DriverOptions {
  if (options.subscription) {
    new DrainLog('GracefulShutdown').warn(
      `The GraphQL driver ${driver.constructor.name} serves subscriptions by other means than graphql-ws: ` +
        'DrainGraphQLModule cannot see them. Leave it out, and announce their connections with ' +
        'StreamAdmission.openUpgrade(): docs/recipes.md, "Mercurius".',
    );
  }
  const handlers = options.installSubscriptionHandlers ? { 'graphql-ws': {} } : undefined;
  const { 'graphql-ws': given, ...others } = options.subscriptions ?? handlers ?? {};
  if (!given) return options;
  const hooks = extend(given === true ? {} : given);
  return { ...options, subscriptions: { ...others, 'graphql-ws': hooks } };
}

/** The WebSocket under a graphql-ws connection; undefined, with a warning, where it is not one of ws. */
export function webSocketOf({ extra }: Context): WebSocket | undefined {
  const { socket } = extra as { socket?: object };
  return isWebSocket(socket ?? {}) ? (socket as WebSocket) : undefined;
}

/** The TCP socket under a graphql-ws connection. */
export function tcpSocketOf({ extra }: Context): object | undefined {
  return (extra as { request?: { socket?: object } }).request?.socket;
}
