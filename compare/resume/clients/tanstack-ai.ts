import { EventType } from '@tanstack/ai';
import { fetchServerSentEvents } from '@tanstack/ai-client';
import { retries, type Order } from './client.js';

/** The client of TanStack AI, which asks again with `Last-Event-ID`. */
export async function* tanstackClient({ replicas, id, signal }: Order): AsyncGenerator<string> {
  const { attempts, longestPause } = retries;
  const reconnect = { maxAttempts: attempts, delayMs: longestPause * 1000 };
  const connection = fetchServerSentEvents(`${replicas}/answers/${id}`, { reconnect });
  for await (const chunk of connection.connect([], undefined, signal)) {
    if (chunk.type === EventType.RUN_ERROR) throw new Error(chunk.message);
    if (chunk.type === EventType.TEXT_MESSAGE_CONTENT) yield chunk.delta;
  }
}
