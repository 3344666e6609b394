import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { Router, type NextFunction, type Request, type Response } from 'express';
import { GracefulShutdownModule, StreamAdmission } from 'nestjs-drain';

/** An Express router that knows nothing of Nest: it streams lines, endless ones under `/events`. */
function countRouter(): Router {
  const router = Router();
  router.get('/lines/:to', (request, response) => {
    response.type('application/x-ndjson');
    let n = 0;
    const timer = setInterval(() => {
      n += 1;
      response.write(`{"n":${n}}\n`);
      if (n === Number(request.params['to'])) response.end();
    }, 100);
    response.on('close', () => clearInterval(timer));
  });
  router.get('/events', (_request, response) => {
    response.type('text/event-stream');
    let n = 0;
    const timer = setInterval(() => response.write(`data: ${(n += 1)}\n\n`), 100);
    response.on('close', () => clearInterval(timer));
  });
  return router;
}

@Module({
  imports: [GracefulShutdownModule.forRoot({ timeout: Number(process.env['TIMEOUT'] ?? 30) })],
})
class AppModule {}

const app = await NestFactory.create<NestExpressApplication>(AppModule);
const streams = app.get(StreamAdmission);
const router = countRouter();
// Where the drain has refused the request, it has answered it too.
app.use('/count/lines', (request: Request, response: Response, next: NextFunction) => {
  const farewell = '{"error":"shutting down"}\n';
  if (streams.open(request, response, { route: 'GET /count/lines/:to', farewell })) next();
});
app.use('/count/events', (request: Request, response: Response, next: NextFunction) => {
  const route = 'GET /count/events';
  if (streams.open(request, response, { route, kind: 'subscription' })) next();
});
app.use('/count', router);
app.enableShutdownHooks();
await app.listen(process.env['PORT'] ?? 3000, '127.0.0.1');
console.log(`Listening on ${await app.getUrl()}`);
