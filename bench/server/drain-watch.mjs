import { monitorEventLoopDelay } from 'node:perf_hooks';
import { ShutdownService } from 'nestjs-drain';

/** Runs the drain of the application, and watches the event loop from the deadline to the end. */
export class DrainWatch {
  constructor(application) {
    this.application = application;
  }

  /** All times in ms of the machine's monotonic clock. */
  async drain() {
    const shutdown = this.application.get(ShutdownService);
    const delay = monitorEventLoopDelay({ resolution: 1 });
    let deadline;
    const observer = shutdown.events.subscribe(({ type }) => {
      if (type !== 'interrupted') return;
      observer.unsubscribe();
      deadline = now();
      delay.enable();
    });
    const report = await shutdown.drain();
    delay.disable();
    return { deadline, drained: now(), report, delay: inMilliseconds(delay) };
  }
}

const now = () => Number(process.hrtime.bigint()) / 1e6;

function inMilliseconds(histogram) {
  return { p99: histogram.percentile(99) / 1e6, max: histogram.max / 1e6 };
}
