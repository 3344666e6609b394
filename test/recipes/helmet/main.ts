import { Controller, Module, Param, ParseIntPipe, Sse, type MessageEvent } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import helmet from 'helmet';
import { DrainableStream, GracefulShutdownModule } from 'nestjs-drain';
import { map, take, timer, type Observable } from 'rxjs';

@Controller()
class AnswersController {
  @Sse('answer/:to')
  @DrainableStream()
  answer(@Param('to', ParseIntPipe) to: number): Observable<MessageEvent> {
    return timer(0, 100).pipe(
      take(to),
      map((n) => ({ data: `${n + 1}` })),
    );
  }
}

@Module({
  imports: [GracefulShutdownModule.forRoot({ timeout: 30 })],
  controllers: [AnswersController],
})
class AppModule {}

const app = await NestFactory.create<NestExpressApplication>(AppModule);
app.use(helmet());
app.enableCors();
app.enableShutdownHooks();
await app.listen(process.env['PORT'] ?? 3000, '127.0.0.1');
console.log(`Listening on ${await app.getUrl()}`);
