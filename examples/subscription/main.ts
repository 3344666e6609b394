import { Controller, Module, Sse, type MessageEvent } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { DrainableStream, GracefulShutdownModule } from 'nestjs-drain';
import { map, timer, type Observable } from 'rxjs';

@Controller('clock')
class ClockController {
  /** An endless stream: a drain asks its clients to reconnect, and ends it cleanly. */
  @Sse()
  @DrainableStream({ kind: 'subscription' })
  ticks(): Observable<MessageEvent> {
    return timer(0, 100).pipe(map((n) => ({ data: { replica: process.pid, tick: n } })));
  }
}

@Module({
  imports: [GracefulShutdownModule.forRoot({ timeout: 30 })],
  controllers: [ClockController],
})
class AppModule {}

const app = await NestFactory.create<NestExpressApplication>(AppModule);
app.enableShutdownHooks();
await app.listen(process.env['PORT'] ?? 3000, '127.0.0.1');
console.log(`Listening on ${await app.getUrl()}`);
