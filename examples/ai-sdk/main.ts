import { Controller, Module, Post, Res } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { simulateReadableStream, streamText, type LanguageModel } from 'ai';
import { MockLanguageModelV3 } from 'ai/test';
import type { Response } from 'express';
import { DrainableStream, DrainSignal, GracefulShutdownModule } from 'nestjs-drain';

/** Stands in for a provider's model: thirty words, ten a second. */
const model: LanguageModel = new MockLanguageModelV3({
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

@Controller('chat')
class ChatController {
  /** The signal aborts the model's work only when the drain or the client ends the answer. */
  @Post()
  @DrainableStream({
    // What `useChat` shows if the deadline comes before the end.
    farewell: { data: { type: 'error', errorText: 'The server is restarting. Please ask again.' } },
  })
  async chat(@Res() response: Response, @DrainSignal() signal: AbortSignal): Promise<void> {
    const result = streamText({ model, prompt: 'Thirty words', abortSignal: signal });
    await result.pipeUIMessageStreamToResponse(response);
  }
}

@Module({
  imports: [GracefulShutdownModule.forRoot({ timeout: 30, heartbeat: 15 })],
  controllers: [ChatController],
})
class AppModule {}

const app = await NestFactory.create<NestExpressApplication>(AppModule);
app.enableShutdownHooks();
await app.listen(process.env['PORT'] ?? 3000, '127.0.0.1');
console.log(`Listening on ${await app.getUrl()}`);
