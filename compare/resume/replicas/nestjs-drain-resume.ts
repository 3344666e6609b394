import { KeyedStreams, StreamRefusedError } from 'nestjs-drain-resume';
import { events } from '../words.js';
import { eventStream, serve } from './serve.js';
import { openStore } from './store.js';

const shutdown = new AbortController();
const streams = KeyedStreams.open({ store: await openStore(), signal: shutdown.signal });

serve({ post: answer, get: answer, leave: () => shutdown.abort() });

async function answer(request: Request, id: string): Promise<Response> {
  const after = Number(new URL(request.url).searchParams.get('after') ?? -1);
  try {
    return eventStream(
      await streams.run(id, ({ next, signal }) => events(next, signal), { after }),
    );
  } catch (error) {
    if (!(error instanceof StreamRefusedError)) throw error;
    return new Response(error.message, { status: error.status });
  }
}
