import { type Clock } from '../clock.js';
import { type Client } from './client.js';
import { EventSourceClient } from './event-source-client.js';
import { HttpConnection } from './http-connection.js';
import { JsonClient } from './json-client.js';
import { type LoadPlan } from './load-plan.js';
import { PostClient } from './post-client.js';
import { type Recognition } from './recognition.js';
import { WebSocketClient } from './websocket-client.js';

/** A client of the load's kind, with a connection of its own. */
export function clientFor(
  plan: LoadPlan,
  port: number,
  recognition: Recognition,
  clock: Clock,
): Client {
  if (plan.kind === 'websocket') return new WebSocketClient(plan, port, recognition, clock);
  const connection = new HttpConnection(plan, port, clock);
  if (plan.kind === 'sse') return new EventSourceClient(connection, recognition, clock);
  if (plan.kind === 'post') return new PostClient(connection, recognition);
  return new JsonClient(connection, recognition);
}
