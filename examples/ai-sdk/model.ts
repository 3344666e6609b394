import { simulateReadableStream, type LanguageModel } from 'ai';
import { MockLanguageModelV3 } from 'ai/test';

/** Stands in for a provider's model: thirty words, ten a second. */
export const model: LanguageModel = new MockLanguageModelV3({
  doStream: () =>
    Promise.resolve({
      stream: simulateReadableStream({
        chunkDelayInMs: 100,
        chunks: [
          { type: 'text-start', id: '0' },
          ...Array.from({ length: 30 }, (_, n) => ({
            type: 'text-delta' as const,
            id: '0',
            delta: `word${n} `,
          })),
          { type: 'text-end', id: '0' },
          {
            type: 'finish',
            finishReason: { unified: 'stop', raw: 'stop' },
            usage: {
              inputTokens: { total: 1, noCache: 1, cacheRead: 0, cacheWrite: 0 },
              outputTokens: { total: 30, text: 30, reasoning: 0 },
            },
          },
        ],
      }),
    }),
});
