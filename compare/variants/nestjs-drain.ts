import {
  Controller,
  HttpCode,
  Module,
  RequestMethod,
  Sse,
  type MessageEvent,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { DrainableStream, GracefulShutdownModule } from 'nestjs-drain';
import { type Observable } from 'rxjs';
import { drainTime, grace, port } from '../grace.js';
import { Handler, tokens } from '../handler.js';

/** The same stream as the handler's, with the decorator on it. */
@Controller()
class DrainableHandler {
  @DrainableStream()
  @Sse('stream', { method: RequestMethod.POST })
  @HttpCode(200)
  stream(): Observable<MessageEvent> {
    return tokens();
  }
}

const flushTimeout = 2;

@Module({
  imports: [
    GracefulShutdownModule.forRoot({
      propagationDelay: 3,
      flushTimeout,
      timeout: drainTime() / 1000 - flushTimeout,
      terminationGracePeriod: grace / 1000,
    }),
  ],
  controllers: [DrainableHandler, Handler],
})
class AppModule {}

const app = await NestFactory.create(AppModule, { logger: ['error'] });
app.enableShutdownHooks([], { useProcessExit: true });
await app.listen(port);
