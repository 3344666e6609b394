import type { IncomingMessage, ServerResponse } from 'node:http';
import { podName } from '../status/pod-name.js';

/** Middleware: the answer says which replica it comes from. */
export function podHeader(_: IncomingMessage, response: ServerResponse, next: () => void): void {
  response.setHeader('X-Pod', podName);
  next();
}
