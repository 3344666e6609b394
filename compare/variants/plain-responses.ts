import {
  Body,
  Controller,
  Get,
  HttpCode,
  type MessageEvent,
  Module,
  RequestMethod,
  Sse,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { concat, from, interval, map, type Observable, of, zip } from 'rxjs';
import { port } from '../grace.js';

const tokensPerSecond = 20;

/** The reference service's answer, from a service that does nothing about its shutdown. */
@Controller()
class ResponsesController {
  @Sse('v1/responses', { method: RequestMethod.POST })
  @HttpCode(200)
  respond(@Body('input') input: string): Observable<MessageEvent> {
    const words = zip(from(input.split(' ')), interval(1000 / tokensPerSecond));
    const deltas = words.pipe(map(([delta]) => event('response.output_text.delta', { delta })));
    return concat(of(event('response.created')), deltas, of(event('response.completed')));
  }

  @Get('ready')
  ready(): object {
    return { status: 'ok' };
  }
}

function event(type: string, more: object = {}): MessageEvent {
  return { type, data: { type, ...more } };
}

@Module({ controllers: [ResponsesController] })
class AppModule {}

// As `nest new` writes it.
const app = await NestFactory.create(AppModule, { logger: ['error'] });
await app.listen(port);
