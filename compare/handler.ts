import { Controller, Get, HttpCode, RequestMethod, Sse, type MessageEvent } from '@nestjs/common';
import { concat, interval, map, of, take, timer, type Observable } from 'rxjs';

const tick = 50;
const streamLength = Number(process.env['STREAM_LENGTH'] ?? 4000);

/** A finite answer as a stream of tokens, the last event says that it is whole. */
export function tokens(): Observable<MessageEvent> {
  const spoken = interval(tick).pipe(
    take(Math.round(streamLength / tick)),
    map((index): MessageEvent => ({ data: `token ${index}` })),
  );
  return concat(spoken, of<MessageEvent>({ type: 'done', data: 'whole' }));
}

/** The work that every variant does, each with its own way to shut down. */
@Controller()
export class Handler {
  @Sse('stream', { method: RequestMethod.POST })
  @HttpCode(200)
  stream(): Observable<MessageEvent> {
    return tokens();
  }

  @Get('plain')
  plain(): Observable<object> {
    return timer(30).pipe(map(() => ({ ok: true })));
  }

  @Get('alive')
  alive(): object {
    return { ok: true };
  }
}
