import { resumingFetch } from 'nestjs-drain-client';
import { retries, type Order } from './client.js';

/** The client of this repository. */
export async function* nestjsDrainClient(order: Order): AsyncGenerator<string> {
  const init = { method: 'POST', signal: order.signal };
  const url = `${order.replicas}/answers/${order.id}`;
  for await (const { type, data } of resumingFetch(url, init, retries)) {
    if (type === 'error') throw new Error(data);
    yield data;
  }
}
