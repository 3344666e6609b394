import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Server } from 'node:net';
import { InvalidDrainOptionsError } from '../core/options.js';

/** What is used of a Nest HTTP adapter. */
export interface RoutingAdapter {
  getHttpServer(): Server;
  getInstance(): Router | { readonly routing?: Router };
}

/** What a framework does with a request, whichever server it came through. */
export type Router = (request: IncomingMessage, response: ServerResponse) => void;

/**
 * Express' application is its router, Fastify has one.
 * @throws InvalidDrainOptionsError for an application that has neither.
 */
export function routerOf(adapter: RoutingAdapter | undefined): Router {
  const instance = adapter?.getInstance();
  const router = typeof instance === 'function' ? instance : instance?.routing;
  if (router) return router;
  throw new InvalidDrainOptionsError([
    '`control.port` needs an HTTP application on Express or Fastify, whose routes it serves; ' +
      'create the application with NestFactory.create(), or leave `control.port` out.',
  ]);
}
