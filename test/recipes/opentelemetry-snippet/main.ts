// Not a recipe: what tracing guides show. The test says what it costs.
import { Controller, Module, Sse, type MessageEvent } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { DrainableStream, GracefulShutdownModule } from 'nestjs-drain';
import { map, take, timer, type Observable } from 'rxjs';

const sdk = new NodeSDK({ serviceName: 'answers' });
sdk.start();
process.on('SIGTERM', () => {
  sdk
    .shutdown()
    .then(() => console.log('Tracing terminated'))
    .catch((error: unknown) => console.log('Error terminating tracing', error))
    .finally(() => process.exit(0));
});

@Controller()
class AnswersController {
  @Sse('answer')
  @DrainableStream()
  answer(): Observable<MessageEvent> {
    return timer(0, 100).pipe(
      take(200),
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
app.enableShutdownHooks();
await app.listen(process.env['PORT'] ?? 3000, '127.0.0.1');
console.log(`Listening on ${await app.getUrl()}`);
