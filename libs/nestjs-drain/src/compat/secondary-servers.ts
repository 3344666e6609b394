import type { Server } from 'node:net';

interface Fastify {
  addHook(name: 'onListen', hook: (done: () => void) => void): unknown;
}

/**
 * Fastify answers a `listen` on `localhost` with one server per address (127.0.0.1 and ::1), of which
 * it shows only the first. The others hand their requests straight to the router, and nothing public
 * leads to them; Fastify keeps them in a list under a symbol, complete by the time of `onListen`
 * (docs/decisions/0006-secondary-servers.md).
 */
export function onSecondaryServers(instance: unknown, watch: (server: Server) => void): void {
  if (!isFastify(instance)) return;
  instance.addHook('onListen', (done) => {
    for (const server of bindingsOf(instance)) watch(server);
    done();
  });
}

function isFastify(instance: unknown): instance is Fastify {
  return typeof (instance as Partial<Fastify>).addHook === 'function';
}

function bindingsOf(instance: object): readonly Server[] {
  const symbols = Object.getOwnPropertySymbols(instance);
  const bindings = symbols.find(({ description }) => description === 'fastify.serverBindings');
  return bindings ? (instance as Record<symbol, readonly Server[]>)[bindings]! : [];
}
