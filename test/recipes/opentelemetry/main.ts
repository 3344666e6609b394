import {
  Controller,
  Injectable,
  Module,
  Param,
  ParseIntPipe,
  Sse,
  type MessageEvent,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { DrainableStream, GracefulShutdownModule } from 'nestjs-drain';
import { DrainOpenTelemetryModule } from 'nestjs-drain/opentelemetry';
import { map, take, timer, type Observable } from 'rxjs';

// Before the application is created. Where it exports to is in the environment: OTEL_EXPORTER_OTLP_ENDPOINT …
const sdk = new NodeSDK({ serviceName: 'answers' });
sdk.start();

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

/** In place of `process.on('SIGTERM', …)`: by now the drain is over, and its telemetry has been flushed. */
@Injectable()
class Telemetry implements OnApplicationShutdown {
  onApplicationShutdown(): Promise<void> {
    return sdk.shutdown();
  }
}

@Module({
  imports: [GracefulShutdownModule.forRoot({ timeout: 30 }), DrainOpenTelemetryModule.forRoot()],
  controllers: [AnswersController],
  providers: [Telemetry],
})
class AppModule {}

const app = await NestFactory.create<NestExpressApplication>(AppModule);
app.enableShutdownHooks();
await app.listen(process.env['PORT'] ?? 3000, '127.0.0.1');
console.log(`Listening on ${await app.getUrl()}`);
