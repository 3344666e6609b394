import { setTimeout as pause } from 'node:timers/promises';
import {
  Controller,
  Get,
  Injectable,
  Module,
  type OnModuleDestroy,
  type OnModuleInit,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { GracefulShutdownModule } from 'nestjs-drain';
import { DataSource } from 'typeorm';

/** As many services do it: the pool is closed as soon as Nest destroys its module. */
@Injectable()
class Database extends DataSource implements OnModuleInit, OnModuleDestroy {
  constructor() {
    super({ type: 'sqljs' });
  }

  async onModuleInit(): Promise<void> {
    await this.initialize();
    await this.query('CREATE TABLE visits (at TEXT)');
  }

  async onModuleDestroy(): Promise<void> {
    await this.destroy();
  }
}

@Controller('visits')
class VisitsController {
  constructor(private readonly database: Database) {}

  /** Two queries, with work between them: a plain request, which needs no decorator. */
  @Get()
  async count(): Promise<{ visits: number }> {
    await this.database.query("INSERT INTO visits VALUES (datetime('now'))");
    await pause(1500);
    const [row] = await this.database.query<{ visits: number }[]>(
      'SELECT count(*) AS visits FROM visits',
    );
    return { visits: row?.visits ?? 0 };
  }
}

@Module({
  imports: [GracefulShutdownModule.forRoot({ timeout: 30 })],
  controllers: [VisitsController],
  providers: [Database],
})
class AppModule {}

const app = await NestFactory.create<NestExpressApplication>(AppModule);
app.enableShutdownHooks();
await app.listen(process.env['PORT'] ?? 3000, '127.0.0.1');
console.log(`Listening on ${await app.getUrl()}`);
