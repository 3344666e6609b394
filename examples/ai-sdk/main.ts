import { fileURLToPath } from 'node:url';
import { Body, Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { createClient } from '@redis/client';
import { convertToModelMessages, streamText, type UIMessage } from 'ai';
import { DrainSignal, GracefulShutdownModule } from 'nestjs-drain';
import { UIMessageStream } from 'nestjs-drain/ai-sdk';
import { DrainResumeModule } from 'nestjs-drain/resume';
import { MemoryResumeStore, type ResumeStore } from 'nestjs-drain-resume';
import { fromNodeRedis, RedisResumeStore } from 'nestjs-drain-resume/redis';
import { model } from './model.js';

const { PORT = 3000, REDIS_URL, DRAIN_TIMEOUT = 30, TAKE_OVER } = process.env;

@Controller('api/chat')
class ChatController {
  /** `continue` is right for the mock, which says the same words each time. A provider's model needs the default, `error`. */
  @UIMessageStream({ takeOver: TAKE_OVER === 'continue' ? 'continue' : 'error' })
  async chat(@Body() body: { messages: UIMessage[] }, @DrainSignal() abortSignal: AbortSignal) {
    const messages = await convertToModelMessages(body.messages);
    return streamText({ model, messages, abortSignal }).toUIMessageStream();
  }
}

/** Without Redis, no other replica sees the answers: they end with their process. */
async function openStore(): Promise<{ store: ResumeStore }> {
  if (REDIS_URL === undefined) return { store: new MemoryResumeStore() };
  const redis = createClient({ url: REDIS_URL });
  redis.on('error', (error) => console.error(error));
  await redis.connect();
  return { store: new RedisResumeStore({ connection: fromNodeRedis(redis) }) };
}

@Module({
  imports: [
    GracefulShutdownModule.forRoot({ timeout: Number(DRAIN_TIMEOUT), heartbeat: 15 }),
    DrainResumeModule.forRootAsync({ useFactory: openStore }),
  ],
  controllers: [ChatController],
})
class AppModule {}

const app = await NestFactory.create<NestExpressApplication>(AppModule);
app.useStaticAssets(fileURLToPath(new URL('page', import.meta.url)));
app.enableShutdownHooks();
await app.listen(PORT, '127.0.0.1');
console.log(`Listening on ${await app.getUrl()}`);
