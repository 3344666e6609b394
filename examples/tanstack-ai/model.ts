import { setTimeout as pause } from 'node:timers/promises';
import { EventType, type AdapterYieldChunk, type TextOptions } from '@tanstack/ai';
import { BaseTextAdapter } from '@tanstack/ai/adapters';

/** Stands in for a provider's model: thirty words, ten a second. */
class Words extends BaseTextAdapter<'words', object, readonly ['text'], never> {
  readonly name = 'words';

  constructor() {
    super({}, 'words');
  }

  async *chatStream({
    runId = '',
    threadId = '',
    abortController,
  }: TextOptions<object>): AsyncGenerator<AdapterYieldChunk> {
    // The same on every replica, or the client would see two messages.
    const messageId = `answer-${runId}`;
    yield { type: EventType.RUN_STARTED, runId, threadId };
    yield { type: EventType.TEXT_MESSAGE_START, messageId, role: 'assistant' };
    for (let n = 0; n < 30; n += 1) {
      await pause(100, undefined, { signal: abortController?.signal });
      yield { type: EventType.TEXT_MESSAGE_CONTENT, messageId, delta: `word${n} ` };
    }
    yield { type: EventType.TEXT_MESSAGE_END, messageId };
    yield { type: EventType.RUN_FINISHED, runId, threadId, finishReason: 'stop' };
  }

  structuredOutput(): Promise<never> {
    return Promise.reject(new Error('These words have no structure.'));
  }
}

export const model = new Words();
