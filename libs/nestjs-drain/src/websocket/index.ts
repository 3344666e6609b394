export { DrainWebSocketModule } from './drain-websocket.module.js';
export { type DrainWebSocketOptions } from './gateways.js';
