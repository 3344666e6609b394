import { setTimeout as pause } from 'node:timers/promises';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { initTRPC, tracked } from '@trpc/server';
import { createExpressMiddleware } from '@trpc/server/adapters/express';
import type { NextFunction, Request, Response } from 'express';
import { GracefulShutdownModule, StreamAdmission } from 'nestjs-drain';
import { z } from 'zod';

const t = initTRPC.create();

const router = t.router({
  /** A query is a plain request: it needs nothing. */
  slow: t.procedure.query(async () => {
    await pause(700);
    return 'whole';
  }),
  /** Each event has an id, so a client that reconnects goes on behind its last one. */
  ticks: t.procedure
    .input(z.object({ lastEventId: z.string().optional() }).optional())
    .subscription(async function* ({ input, signal }) {
      for (let n = Number(input?.lastEventId ?? 0) + 1; !signal?.aborted; n++) {
        yield tracked(`${n}`, { n, replica: process.pid });
        await pause(100);
      }
    }),
});

export type AppRouter = typeof router;

@Module({ imports: [GracefulShutdownModule.forRoot({ timeout: 30 })] })
class AppModule {}

const app = await NestFactory.create<NestExpressApplication>(AppModule);
const streams = app.get(StreamAdmission);
app.use('/trpc', (request: Request, response: Response, next: NextFunction) => {
  if (!request.headers.accept?.includes('text/event-stream')) return next();
  const options = { route: 'GET /trpc', kind: 'subscription' } as const;
  if (streams.open(request, response, options)) next();
});
app.use('/trpc', createExpressMiddleware({ router }));
app.enableShutdownHooks();
await app.listen(process.env['PORT'] ?? 3000, '127.0.0.1');
console.log(`Listening on ${await app.getUrl()}`);
