import { Controller, Module, Param, ParseIntPipe, Sse, type MessageEvent } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { DrainableStream, GracefulShutdownModule } from 'nestjs-drain';
import { Logger, LoggerModule } from 'nestjs-pino';
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
  imports: [
    GracefulShutdownModule.forRoot({ timeout: 30 }),
    LoggerModule.forRoot({
      pinoHttp: {
        hooks: {
          // The object that a Nest logger gets behind its message: pino has no place for it.
          logMethod(args: unknown[], method) {
            const [context, message, fields, ...rest] = args;
            const hasFields = typeof fields === 'object' && fields !== null;
            const call = hasFields
              ? [{ ...(context as object), ...fields }, message, ...rest]
              : args;
            method.apply(this, call as Parameters<typeof method>);
          },
        },
      },
    }),
  ],
  controllers: [AnswersController],
})
class AppModule {}

const app = await NestFactory.create<NestExpressApplication>(AppModule, { bufferLogs: true });
app.useLogger(app.get(Logger));
app.enableShutdownHooks();
await app.listen(process.env['PORT'] ?? 3000, '127.0.0.1');
console.log(`Listening on ${await app.getUrl()}`);
