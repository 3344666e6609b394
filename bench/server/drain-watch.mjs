import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { ShutdownService } from 'nestjs-drain';
import { now } from '../support/monotonic.mjs';

/** ms without a farewell, behind which the telling has begun anew: the drain has measured its rate and waits. */
const pause = 300;

/** Runs the drain of the application, and watches the event loop while it tells its streams. */
export class DrainWatch {
  constructor(application) {
    this.application = application;
  }

  /**
   * All times in ms of the machine's monotonic clock. `deadline` is the moment in which the telling began, without the
   * first wave where the drain paused behind it.
   */
  async drain() {
    const shutdown = this.application.get(ShutdownService);
    const delay = monitorEventLoopDelay({ resolution: 1 });
    const telling = new Telling(delay);
    subscribe('nestjs-drain:interrupted', telling.onTold);
    const startedAt = now();
    const report = await shutdown.drain();
    const drained = now();
    delay.disable();
    unsubscribe('nestjs-drain:interrupted', telling.onTold);
    return { startedAt, deadline: telling.begunAt, drained, report, delay: inMilliseconds(delay) };
  }
}

/** When the streams were told. */
class Telling {
  begunAt;
  #lastAt = -Infinity;

  constructor(delay) {
    this.delay = delay;
  }

  onTold = () => {
    const at = now();
    if (at - this.#lastAt > pause) {
      this.begunAt = at;
      this.delay.reset();
      this.delay.enable();
    }
    this.#lastAt = at;
  };
}

function inMilliseconds(histogram) {
  return { p99: histogram.percentile(99) / 1e6, max: histogram.max / 1e6 };
}
