import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Server } from 'node:net';
import { InvalidDrainOptionsError } from '../core/options.js';

/** Answers a request, or returns false and leaves it to the application. */
export type RequestFront = (request: IncomingMessage, response: ServerResponse) => boolean;

/** What a framework does with a request, whichever server it came through. */
export type Framework = (request: IncomingMessage, response: ServerResponse) => void;

/**
 * What the framework does with the requests of its server: its `request` listeners, whatever framework
 * it is.
 * @throws InvalidDrainOptionsError for a server that has none.
 */
export function frameworkOf(server: Server): Framework {
  // Raw: what was added by `once` knows by itself that it has run.
  const listeners = server.rawListeners('request') as RequestListener[];
  if (listeners.length === 0) {
    throw new InvalidDrainOptionsError([
      'the HTTP adapter listens to no requests of its server, so probes and shutdown routes cannot ' +
        'stand before it; use Express or Fastify, or set `health` and `control` to false.',
    ]);
  }
  const [only] = listeners;
  // Not by `bind`: in Express that is the HTTP method of this name.
  if (only && listeners.length === 1) {
    return (request, response) => only.call(server as never, request, response as never);
  }
  return (request, response) => {
    for (const listener of listeners) listener.call(server as never, request, response as never);
  };
}

/** What stands before the framework of each server. */
const fronts = new WeakMap<Server, RequestListener>();

/**
 * Lets `front` see every request of a server before its framework does. Listeners that are prepended
 * later still see all of them.
 */
export function standBefore(server: Server, front: RequestFront): void {
  const framework = frameworkOf(server);
  const listener: RequestListener = (request, response) => {
    if (!front(request, response)) framework(request, response);
  };
  server.removeAllListeners('request');
  server.on('request', listener);
  fronts.set(server, listener);
}

/**
 * Lets `see` have every request of a server first. It becomes one listener with a front that is alone: Node copies a list
 * of two for each request, which costs as much as all that the two of them do.
 */
export function seeFirst(server: Server, see: Framework): void {
  const front = fronts.get(server);
  const [only, ...others] = server.listeners('request');
  if (!front || only !== front || others.length > 0) {
    server.prependListener('request', see);
    return;
  }
  server.off('request', front);
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    see(request, response);
    front(request, response);
  });
}
