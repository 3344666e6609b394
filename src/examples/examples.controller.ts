import { setTimeout as sleep } from 'node:timers/promises';
import { Controller, Get, Query, Sse, type MessageEvent } from '@nestjs/common';
import { DrainableStream, ShutdownService } from 'nestjs-drain';
import { filter, map, merge, timer, type Observable } from 'rxjs';
import { z } from 'zod';
import { parse } from '../errors/parse.js';
import { podName } from '../status/pod-name.js';

const slowQuery = z.object({
  ms: z.coerce
    .number('must be a number of milliseconds')
    .min(0, 'must not be negative')
    .max(60_000, 'must be at most 60000')
    .default(1000),
});

/** The other two kinds of work beside a finite stream, to be watched side by side during a drain. */
@Controller('v1')
export class ExamplesController {
  constructor(private readonly shutdown: ShutdownService) {}

  /**
   * An endless stream for EventSource, an event every second and at each change of the phase. When
   * this pod goes, the browser reconnects to another.
   */
  @Sse('events')
  @DrainableStream({ kind: 'subscription' })
  events(): Observable<MessageEvent> {
    const changes = this.shutdown.events.pipe(filter(({ type }) => type === 'phaseChanged'));
    return merge(timer(0, 1000), changes).pipe(
      map(() => ({ type: 'status', data: this.#status() })),
    );
  }

  /** An ordinary request that takes its time. No decorator: the drain waits for it all the same. */
  @Get('slow')
  async slow(@Query() query: unknown) {
    const { ms } = parse(slowQuery, query);
    await sleep(ms);
    return { waited_ms: ms };
  }

  #status() {
    const { phase, activeStreams } = this.shutdown;
    return {
      pod: podName,
      phase,
      active_streams: activeStreams,
      time: new Date().toISOString(),
    };
  }
}
