import { setTimeout as pause } from 'node:timers/promises';
import {
  Controller,
  Get,
  Module,
  Param,
  ParseIntPipe,
  Session,
  Sse,
  type MessageEvent,
  type OnModuleDestroy,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import session, { MemoryStore, type SessionData } from 'express-session';
import { DrainableStream, GracefulShutdownModule } from 'nestjs-drain';
import { map, take, timer, type Observable } from 'rxjs';

/** Stands for a store on Redis or a database: once it is disconnected it saves nothing. */
class SessionStore extends MemoryStore implements OnModuleDestroy {
  #isConnected = true;

  override set(id: string, data: SessionData, done?: (error?: unknown) => void): void {
    if (!this.#isConnected) done?.(new Error('The session store is disconnected.'));
    else super.set(id, data, done);
  }

  onModuleDestroy(): void {
    this.#isConnected = false;
  }
}

interface Visits {
  visits?: number;
}

@Controller()
class VisitsController {
  @Get('visit')
  async visit(@Session() visitor: Visits): Promise<{ visits: number }> {
    await pause(500);
    visitor.visits = (visitor.visits ?? 0) + 1;
    return { visits: visitor.visits };
  }

  @Sse('answer/:to')
  @DrainableStream()
  answer(
    @Param('to', ParseIntPipe) to: number,
    @Session() visitor: Visits,
  ): Observable<MessageEvent> {
    visitor.visits = (visitor.visits ?? 0) + 1;
    return timer(0, 100).pipe(
      take(to),
      map((n) => ({ data: `${n + 1}` })),
    );
  }
}

@Module({
  imports: [GracefulShutdownModule.forRoot({ timeout: 30 })],
  controllers: [VisitsController],
  providers: [SessionStore],
})
class AppModule {}

const app = await NestFactory.create<NestExpressApplication>(AppModule);
const secret = process.env['SESSION_SECRET'] ?? 'only for development';
app.use(session({ secret, store: app.get(SessionStore), resave: false, saveUninitialized: true }));
app.enableShutdownHooks();
await app.listen(process.env['PORT'] ?? 3000, '127.0.0.1');
console.log(`Listening on ${await app.getUrl()}`);
