import { Controller, Module, Param, ParseIntPipe, Sse, type MessageEvent } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { DrainableStream, GracefulShutdownModule } from 'nestjs-drain';
import { interval, map, take, type Observable } from 'rxjs';

@Controller('count')
class CountController {
  /** A finite answer: it ends by itself, and a drain waits for that. */
  @Sse(':to')
  @DrainableStream()
  count(@Param('to', ParseIntPipe) to: number): Observable<MessageEvent> {
    return interval(100).pipe(
      take(to),
      map((n) => ({ data: `${n + 1}` })),
    );
  }
}

@Module({
  imports: [GracefulShutdownModule.forRoot({ timeout: 30 })],
  controllers: [CountController],
})
class AppModule {}

const app = await NestFactory.create<NestExpressApplication>(AppModule);
app.enableShutdownHooks();
await app.listen(process.env['PORT'] ?? 3000, '127.0.0.1');
console.log(`Listening on ${await app.getUrl()}`);
