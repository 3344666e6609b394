import type { IncomingMessage } from 'node:http';
import type { Server, Socket } from 'node:net';

/**
 * Tells of every upgraded socket, because it belongs to its WebSocket adapter from then on.
 * Listening to `upgrade` changes what Node does with such requests, so this listens only where
 * somebody else does.
 */
export function watchUpgrades(server: Server, onUpgrade: (socket: Socket) => void): void {
  const listener = (_request: IncomingMessage, socket: Socket): void => onUpgrade(socket);
  const watch = (): unknown => server.prependListener('upgrade', listener);
  if (server.listenerCount('upgrade') > 0) {
    watch();
    return;
  }
  const onNewListener = (event: string): void => {
    if (event !== 'upgrade') return;
    server.off('newListener', onNewListener);
    watch();
  };
  server.on('newListener', onNewListener);
}
