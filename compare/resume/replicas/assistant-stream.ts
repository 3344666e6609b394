import { createResumableStreamContext } from 'assistant-stream/resumable';
import { createIoredisResumableStreamStore } from 'assistant-stream/resumable/ioredis';
import { Redis } from 'ioredis';
import { events } from '../words.js';
import { eventStream, serve, textOf } from './serve.js';

const redis = new Redis(process.env['STORE_URL'] ?? '');
redis.on('error', (error) => console.error(error.message));
const context = createResumableStreamContext({ store: createIoredisResumableStreamStore(redis) });

serve({
  async post(_request, id) {
    const make = () => textOf(events()).pipeThrough(new TextEncoderStream());
    return eventStream(await context.run(id, make));
  },
  async get(_request, id) {
    const stream = await context.resume(id);
    return stream ? eventStream(stream) : new Response('There is no such stream', { status: 404 });
  },
});
