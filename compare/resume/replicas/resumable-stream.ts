import { createClient } from 'redis';
import { createResumableStreamContext } from 'resumable-stream';
import { events } from '../words.js';
import { eventStream, serve, textOf } from './serve.js';

async function connect() {
  const client = createClient({ url: process.env['STORE_URL'] ?? '' });
  client.on('error', (error: Error) => console.error(error.message));
  await client.connect();
  return client;
}

const streams = createResumableStreamContext({
  waitUntil: null,
  publisher: await connect(),
  subscriber: await connect(),
});

serve({
  async post(_request, id) {
    const stream = await streams.createNewResumableStream(id, () => textOf(events()));
    return answerOf(stream);
  },
  async get(request, id) {
    const skip = Number(new URL(request.url).searchParams.get('resumeAt'));
    return answerOf(await streams.resumeExistingStream(id, skip));
  },
});

function answerOf(stream: ReadableStream<string> | null | undefined): Response {
  if (stream === undefined) return new Response('There is no such stream', { status: 404 });
  // The status of its README.
  if (stream === null) return new Response('Stream is already done', { status: 422 });
  return eventStream(stream.pipeThrough(new TextEncoderStream()));
}
