import {
  memoryStream,
  resumeServerSentEventsResponse,
  toServerSentEventsResponse,
  type StreamChunk,
} from '@tanstack/ai';
import { words } from '../words.js';
import { serve } from './serve.js';

serve({
  post: (request, id) =>
    Promise.resolve(
      toServerSentEventsResponse(run(id), {
        // 32 by default: words would come in bundles of 32.
        durability: { adapter: memoryStream(request), batch: 1 },
      }),
    ),
  get: (request) =>
    Promise.resolve(resumeServerSentEventsResponse({ adapter: memoryStream(request) })),
});

async function* run(runId: string): AsyncGenerator<StreamChunk> {
  const common = { timestamp: Date.now(), model: 'words' };
  const messageId = `message-${runId}`;
  const chunk = (type: string, more: object): StreamChunk =>
    ({ type, ...common, ...more }) as StreamChunk;
  yield chunk('RUN_STARTED', { runId, threadId: runId });
  yield chunk('TEXT_MESSAGE_START', { messageId, role: 'assistant' });
  for await (const delta of words()) yield chunk('TEXT_MESSAGE_CONTENT', { messageId, delta });
  yield chunk('TEXT_MESSAGE_END', { messageId });
  yield chunk('RUN_FINISHED', { runId, threadId: runId, finishReason: 'stop' });
}
