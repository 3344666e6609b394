import { stream, type JsonBatch } from '@durable-streams/client';
import { Tries, type Order } from './client.js';

/** The client of Durable Streams. It reads from the stream server; the replica only produces. */
export async function* durableStreamsClient(order: Order): AsyncGenerator<string> {
  const { replicas, store, id, signal } = order;
  const started = await fetch(`${replicas}/answers/${id}`, { method: 'POST', signal });
  if (!started.ok) throw new Error(`HTTP ${started.status}: ${await started.text()}`);
  const tries = new Tries();
  let offset = '-1';
  for (;;) {
    try {
      for await (const batch of batchesFrom(`${store}/answers/${id}`, offset, signal)) {
        offset = batch.offset;
        if (batch.items.length > 0) tries.progress();
        yield* batch.items;
        if (batch.streamClosed) return;
      }
      return;
    } catch (error) {
      // Its client restores connections that it could not open; one that breaks is the application's to open again.
      await tries.failed(error, signal);
    }
  }
}

async function* batchesFrom(
  url: string,
  offset: string,
  signal: AbortSignal,
): AsyncGenerator<JsonBatch<string>> {
  const response = await stream<string>({ url, offset, live: 'sse', signal, warnOnHttp: false });
  const batches = new TransformStream<JsonBatch<string>, JsonBatch<string>>();
  const writer = batches.writable.getWriter();
  response.subscribeJson(async (batch) => {
    await writer.write(batch);
  });
  response.closed
    .then(
      () => writer.close(),
      (error: unknown) => writer.abort(error),
    )
    .catch(() => undefined);
  yield* batches.readable;
}
