import { setTimeout as sleep } from 'node:timers/promises';
import { DurableStream, IdempotentProducer } from '@durable-streams/client';
import { words } from '../words.js';
import { serve } from './serve.js';

/** Those that still have words to send. */
const producers = new Set<IdempotentProducer>();

serve({
  async post(_request, id) {
    const url = `${process.env['STORE_URL']}/answers/${id}`;
    const stream = await DurableStream.create({ url, contentType: 'application/json' });
    void produce(stream, id);
    return new Response(null, { status: 201 });
  },
  // Clients read from the stream server.
  get: () => Promise.resolve(new Response(null, { status: 405 })),
  leave: () => [...producers].map((producer) => producer.flush()),
});

async function produce(stream: DurableStream, id: string): Promise<void> {
  const producer = new IdempotentProducer(stream, `producer-of-${id}`, {
    autoClaim: true,
    onError: (error) => console.error(error.message),
    fetch: patientFetch,
  });
  producers.add(producer);
  for await (const word of words()) producer.append(JSON.stringify(word));
  await producer.flush();
  await producer.close();
  producers.delete(producer);
}

/**
 * The producer repeats nothing by itself, and the server knows a repeated request. The package's own
 * `createFetchWithBackoff` throws for 409, which the producer wants to see.
 */
async function patientFetch(...request: Parameters<typeof fetch>): Promise<Response> {
  for (;;) {
    const response = await fetch(...request).catch(() => undefined);
    if (response && response.status < 500) return response;
    await sleep(100);
  }
}
