import { monitorEventLoopDelay } from 'node:perf_hooks';
import { type Clock } from '../clock.js';

/** A time in which one of the rehearsal's own processes was late. Milliseconds of the rehearsal. */
export interface Stall {
  readonly from: number;
  readonly to: number;
  /** How late a timer ran at the worst, in milliseconds. */
  readonly late: number;
}

/** Less is the ordinary jitter of a busy machine. */
const threshold = 50;
const resolution = 10;
const window = 250;

/** Watches how late this process runs; the returned function stops and tells when it was. */
export function watchLateness(clock: Pick<Clock, 'now'>): () => Stall[] {
  const stalls: Stall[] = [];
  const delays = monitorEventLoopDelay({ resolution });
  delays.enable();
  let from = clock.now();
  const look = () => {
    const to = clock.now();
    // The histogram counts nanoseconds between two ticks, the tick itself included.
    const late = delays.max / 1e6 - resolution;
    if (late > threshold && late < to) stalls.push({ from, to, late });
    delays.reset();
    from = to;
  };
  const timer = setInterval(look, window).unref();
  return () => {
    clearInterval(timer);
    look();
    delays.disable();
    return stalls;
  };
}
