import { EventEmitter } from 'node:events';
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Server } from 'node:net';
import { behindSymbol } from './internals.js';

interface Fastify {
  addHook(name: 'onListen', hook: (done: () => void) => void): unknown;
}

/**
 * Fastify answers a `listen` on `localhost` with one server per address (127.0.0.1 and ::1), of which
 * it shows only the first. The others hand their requests straight to the router, and nothing public
 * leads to them; Fastify keeps them in a list under a symbol, complete by the time of `onListen`
 * (docs/decisions/0006-secondary-servers.md).
 * @param found called with all other servers; with undefined where this Fastify does not show them.
 */
export function onSecondaryServers(
  instance: unknown,
  found: (servers: readonly Server[] | undefined) => void,
): void {
  if (!isFastify(instance)) return;
  instance.addHook('onListen', (done) => {
    found(bindingsOf(instance));
    done();
  });
}

function isFastify(instance: unknown): instance is Fastify {
  return typeof (instance as Partial<Fastify>).addHook === 'function';
}

function bindingsOf(instance: object): readonly Server[] | undefined {
  return behindSymbol(instance, 'fastify.serverBindings') as readonly Server[] | undefined;
}

/** Node's own request or response under a framework's: what Fastify holds as `raw`, and Express extends. */
export function rawOf<T extends object>(wrapped: T): T {
  // Node's own. Express gives each a shape of its own, so that a look for a property it has not is slow.
  if (wrapped instanceof EventEmitter) return wrapped;
  const { raw } = wrapped as { raw?: T | null };
  return typeof raw === 'object' && raw !== null ? raw : wrapped;
}

/** Node's response, which the framework does not answer any more, and the headers that were set on it so far. */
export function takeResponse(wrapped: object): {
  readonly response: ServerResponse;
  readonly headers: OutgoingHttpHeaders;
} {
  const framework = wrapped as { hijack?: () => void; getHeaders(): OutgoingHttpHeaders };
  framework.hijack?.();
  return { response: rawOf(wrapped) as ServerResponse, headers: framework.getHeaders() };
}
