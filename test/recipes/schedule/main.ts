import { setTimeout as pause } from 'node:timers/promises';
import { Injectable, Logger, Module, type OnModuleDestroy } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { Cron, CronExpression, ScheduleModule } from '@nestjs/schedule';
import { DrainableTask, DrainSignal, GracefulShutdownModule } from 'nestjs-drain';

@Injectable()
class Invoices implements OnModuleDestroy {
  readonly #logger = new Logger('Invoices');
  #run = 0;

  /** Longer than its interval: a run is under way at any time, and the next is due at any time. */
  @Cron(CronExpression.EVERY_SECOND)
  @DrainableTask()
  async send(@DrainSignal() signal: AbortSignal): Promise<void> {
    const run = (this.#run += 1);
    this.#logger.log(`run ${run} begins`);
    for (let part = 0; part < 15 && !signal.aborted; part++) await pause(100);
    this.#logger.log(`run ${run} ends`);
  }

  onModuleDestroy(): void {
    this.#logger.log('destroyed');
  }
}

@Module({
  imports: [GracefulShutdownModule.forRoot({ timeout: 30 }), ScheduleModule.forRoot()],
  providers: [Invoices],
})
class AppModule {}

const app = await NestFactory.create<NestExpressApplication>(AppModule);
app.enableShutdownHooks();
await app.listen(process.env['PORT'] ?? 3000, '127.0.0.1');
console.log(`Listening on ${await app.getUrl()}`);
