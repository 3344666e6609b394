import {
  Controller,
  HttpCode,
  Module,
  RequestMethod,
  Sse,
  type MessageEvent,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { DrainableStream, DrainSignal, GracefulShutdownModule } from 'nestjs-drain';
import { DrainResumeModule, StreamCursor, type ResumeCursor } from 'nestjs-drain/resume';
import { from, map, type Observable } from 'rxjs';
import { words } from '../words.js';
import { openStore } from './store.js';

@Controller()
class Answers {
  @Sse('answers/:id', { method: RequestMethod.ALL })
  @HttpCode(200)
  @DrainableStream({ resumable: true })
  async *answer(
    @StreamCursor() { next }: ResumeCursor,
    @DrainSignal() signal: AbortSignal,
  ): AsyncGenerator<MessageEvent> {
    for await (const data of words(next, signal)) yield { data };
  }

  @Sse('bare', { method: RequestMethod.POST })
  @HttpCode(200)
  bare(): Observable<MessageEvent> {
    return from(words()).pipe(map((data) => ({ data })));
  }
}

const timeout = Number(process.env['DEADLINE'] ?? 1500) / 1000;

@Module({
  imports: [
    GracefulShutdownModule.forRoot({ timeout, propagationDelay: 0 }),
    DrainResumeModule.forRootAsync({ useFactory: async () => ({ store: await openStore() }) }),
  ],
  controllers: [Answers],
})
class AppModule {}

const app = await NestFactory.create(AppModule, { logger: ['error'] });
app.enableShutdownHooks([], { useProcessExit: true });
await app.listen(Number(process.env['PORT'] ?? 0), '127.0.0.1');
console.log(`Listening on port ${new URL(await app.getUrl()).port}`);
