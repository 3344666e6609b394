import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { ShutdownService } from 'nestjs-drain';
import { now } from '../support/monotonic.mjs';

/** ms before the deadline, from which the delay is watched: a stall is seen only by a watch that ran before it. */
const lead = 5;

/** Runs the drain of the application, and watches the event loop while it tells its streams. */
export class DrainWatch {
  /** @param timeout of the drain, in ms */
  constructor(application, timeout) {
    this.application = application;
    this.timeout = timeout;
  }

  /**
   * All times in ms of the machine's monotonic clock. `deadline` is that of the timeout, or the first farewell where that
   * came earlier: the drain tells before the deadline where its rate says that it must. The delay is watched from there
   * on, and never anew, so that no stall is forgotten.
   */
  async drain() {
    const shutdown = this.application.get(ShutdownService);
    const delay = monitorEventLoopDelay({ resolution: 1 });
    let firstAt = Infinity;
    const onTold = () => {
      firstAt = Math.min(firstAt, now());
      delay.enable();
    };
    subscribe('nestjs-drain:interrupted', onTold);
    const startedAt = now();
    const watching = setTimeout(() => delay.enable(), this.timeout - lead);
    const report = await shutdown.drain();
    const drained = now();
    clearTimeout(watching);
    delay.disable();
    unsubscribe('nestjs-drain:interrupted', onTold);
    const deadline = Math.min(startedAt + this.timeout, firstAt);
    return { startedAt, deadline, drained, report, delay: inMilliseconds(delay) };
  }
}

function inMilliseconds(histogram) {
  return { p99: histogram.percentile(99) / 1e6, max: histogram.max / 1e6 };
}
