import { setTimeout as pause } from 'node:timers/promises';
import { BullModule, Processor, WorkerHost } from '@nestjs/bullmq';
import { Injectable, Logger, Module, type OnModuleDestroy } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { Job } from 'bullmq';
import { GracefulShutdownModule } from 'nestjs-drain';
import { DrainQueueModule } from 'nestjs-drain/queue';

/** What the jobs work with. */
@Injectable()
class Mailer implements OnModuleDestroy {
  readonly #logger = new Logger('Mailer');

  async send(letter: string | undefined): Promise<void> {
    this.#logger.log(`letter ${letter} begins`);
    await pause(500);
    this.#logger.log(`letter ${letter} is sent`);
  }

  onModuleDestroy(): void {
    this.#logger.log('destroyed');
  }
}

@Processor('letters', { concurrency: 2 })
class LettersProcessor extends WorkerHost {
  constructor(private readonly mailer: Mailer) {
    super();
  }

  async process(job: Job): Promise<void> {
    await this.mailer.send(job.id);
  }
}

@Module({
  imports: [
    GracefulShutdownModule.forRoot({ timeout: 30 }),
    DrainQueueModule.forRoot(),
    BullModule.forRoot({
      connection: { host: '127.0.0.1', port: Number(process.env['REDIS_PORT'] ?? 6379) },
    }),
    BullModule.registerQueue({ name: 'letters' }),
  ],
  providers: [Mailer, LettersProcessor],
})
class AppModule {}

const app = await NestFactory.create<NestExpressApplication>(AppModule);
app.enableShutdownHooks();
await app.listen(process.env['PORT'] ?? 3000, '127.0.0.1');
console.log(`Listening on ${await app.getUrl()}`);
