import {
  Controller,
  Module,
  Param,
  ParseIntPipe,
  RequestMethod,
  Sse,
  type MessageEvent,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { createClient } from '@redis/client';
import { DrainableStream, GracefulShutdownModule } from 'nestjs-drain';
import { DrainResumeModule, StreamCursor } from 'nestjs-drain/resume';
import type { ResumeCursor } from 'nestjs-drain-resume';
import { fromNodeRedis, RedisResumeStore } from 'nestjs-drain-resume/redis';
import { interval, map, take, type Observable } from 'rxjs';

const redis = createClient({ url: process.env['STORE_URL'] ?? 'redis://127.0.0.1:6379' });
redis.on('error', (error) => console.error(error));
await redis.connect();
const store = new RedisResumeStore({ connection: fromNodeRedis(redis) });

@Controller('count')
class CountController {
  /** `next` is the number of events that are logged: another replica goes on from there. */
  @Sse(':to', { method: RequestMethod.ALL })
  @DrainableStream({ resumable: true })
  count(
    @Param('to', ParseIntPipe) to: number,
    @StreamCursor() { next }: ResumeCursor,
  ): Observable<MessageEvent> {
    return interval(100).pipe(
      take(to - next),
      map((n) => ({ data: { count: next + n + 1, replica: process.pid } })),
    );
  }
}

@Module({
  imports: [
    // The deadline may be short: what has not ended by then, another replica takes over.
    GracefulShutdownModule.forRoot({ timeout: 1 }),
    DrainResumeModule.forRoot({ store }),
  ],
  controllers: [CountController],
})
class AppModule {}

const app = await NestFactory.create<NestExpressApplication>(AppModule);
app.enableShutdownHooks();
await app.listen(process.env['PORT'] ?? 3000, '127.0.0.1');
console.log(`Listening on ${await app.getUrl()}`);
