import { Observable } from 'rxjs';
import type { HandlerRun, ResumableExchange, Resumption } from '../core/resumption.js';
import type { HttpStream } from './http-stream.js';

/** One request of a resumable route, between its guards and its answer. */
export class LoggedStream {
  constructor(
    readonly http: HttpStream,
    private readonly exchange: ResumableExchange,
    private readonly located: object | undefined,
    private readonly resumption: Resumption,
  ) {}

  async answer(run: (run: HandlerRun) => unknown): Promise<Observable<unknown>> {
    const events = await this.resumption.answer(this.exchange, this.located, run);
    return new Observable((client) => {
      const iterator = events[Symbol.asyncIterator]();
      void (async () => {
        try {
          for (;;) {
            const event = await iterator.next();
            if (client.closed) return;
            if (event.done) return client.complete();
            client.next(event.value);
            while (this.http.transport.response.writableNeedDrain && !client.closed) {
              await new Promise(setImmediate);
            }
          }
        } catch {
          // The rest is elsewhere, or lost: not a clean end.
          if (!client.closed) this.http.destroy();
        }
      })();
      return () => void iterator.return?.();
    });
  }
}
