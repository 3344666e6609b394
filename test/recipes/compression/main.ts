import { Controller, Get, Module, Param, ParseIntPipe, Res, Sse } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import compression from 'compression';
import type { Response } from 'express';
import { DrainableStream, GracefulShutdownModule } from 'nestjs-drain';
import { interval, map, take, type Observable } from 'rxjs';

const farewell = '{"error":"shutting down"}\n';

@Controller()
class AnswersController {
  /** Nest forbids proxies to transform event streams, and so `compression` leaves them as they are. */
  @Sse('events/:to')
  @DrainableStream()
  events(@Param('to', ParseIntPipe) to: number): Observable<{ data: string }> {
    return interval(100).pipe(
      take(to),
      map((n) => ({ data: `${n + 1}` })),
    );
  }

  /** Compressed; `flush()` sends each line at once, in place of some kilobytes later. */
  @Get('lines/:to')
  @DrainableStream({ farewell })
  lines(@Param('to', ParseIntPipe) to: number, @Res() response: Response): void {
    response.type('text/plain');
    let n = 0;
    const timer = setInterval(() => {
      n += 1;
      response.write(`{"n":${n}}\n`);
      response.flush();
      if (n === to) response.end();
    }, 100);
    response.on('close', () => clearInterval(timer));
  }

  /** Compressed as well: an event stream that the application writes itself. */
  @Get('ticks')
  @DrainableStream({ kind: 'subscription' })
  ticks(@Res() response: Response): void {
    response.type('text/event-stream');
    let n = 0;
    const timer = setInterval(() => {
      response.write(`data: ${(n += 1)}\n\n`);
      response.flush();
    }, 100);
    response.on('close', () => clearInterval(timer));
  }
}

@Module({
  imports: [GracefulShutdownModule.forRoot({ timeout: Number(process.env['TIMEOUT'] ?? 30) })],
  controllers: [AnswersController],
})
class AppModule {}

const app = await NestFactory.create<NestExpressApplication>(AppModule);
app.use(compression());
app.enableShutdownHooks();
await app.listen(process.env['PORT'] ?? 3000, '127.0.0.1');
console.log(`Listening on ${await app.getUrl()}`);
