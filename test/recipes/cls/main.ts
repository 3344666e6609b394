import { randomUUID } from 'node:crypto';
import { Controller, Module, Param, ParseIntPipe, Sse, type MessageEvent } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { Request } from 'express';
import { ClsModule, ClsService } from 'nestjs-cls';
import { DrainableStream, GracefulShutdownModule } from 'nestjs-drain';
import { map, take, timer, type Observable } from 'rxjs';

@Controller()
class AnswersController {
  constructor(private readonly cls: ClsService) {}

  @Sse('answer/:to')
  @DrainableStream()
  answer(@Param('to', ParseIntPipe) to: number): Observable<MessageEvent> {
    return timer(0, 100).pipe(
      take(to),
      map((n) => ({ data: `${n + 1}`, id: this.cls.getId() })),
    );
  }
}

@Module({
  imports: [
    GracefulShutdownModule.forRoot({ timeout: 30 }),
    ClsModule.forRoot({
      middleware: {
        mount: true,
        generateId: true,
        idGenerator: (request: Request) => request.header('X-Request-Id') ?? randomUUID(),
      },
    }),
  ],
  controllers: [AnswersController],
})
class AppModule {}

const app = await NestFactory.create<NestExpressApplication>(AppModule);
app.enableShutdownHooks();
await app.listen(process.env['PORT'] ?? 3000, '127.0.0.1');
console.log(`Listening on ${await app.getUrl()}`);
