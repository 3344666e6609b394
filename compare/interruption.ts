import { constants } from 'node:os';

/** ms between two looks at the parent. */
const interval = 250;

/**
 * Ends this process by `process.exit()` when it is interrupted, or when the process that started it has gone:
 * npm passes SIGHUP and SIGKILL on to no child. The rehearsal takes its pods along at every exit, but Node raises
 * no `exit` for a signal that has no listener.
 */
export function exitWhenInterrupted(): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    // Not once: npm delivers Ctrl-C a second time, and without a listener that one kills in the middle of the exit.
    process.on(signal, () => process.exit(128 + constants.signals[signal]));
  }
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) process.exit(128 + constants.signals.SIGHUP);
  }, interval).unref();
}
