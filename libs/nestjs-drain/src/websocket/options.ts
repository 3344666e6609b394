export const WEBSOCKET_OPTIONS = Symbol.for('nestjs-drain.WebSocketOptions');

export interface DrainWebSocketOptions {
  /**
   * What clients are closed with: 1012 (service restart) or 1001 (going away), for clients that know
   * only that. The reason says when to come back, in seconds: `retry-after=1`. Default 1012.
   */
  closeCode?: 1001 | 1012;
}
