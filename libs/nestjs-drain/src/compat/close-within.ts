import { DrainLog } from './nest-logger.js';
import type { Drain } from '../core/drain.js';
import { within } from '../core/clock.js';

/**
 * Closes a server of Nest or of a library, and waits no longer than `flushTimeout` for it: a close that
 * never calls back holds up neither the application's hooks nor the exit. What was open was waited for
 * before.
 * @param what for the warning, such as `The WebSocket server`
 * @throws what `close` throws, if it throws in time
 */
export async function closeWithin(drain: Drain, what: string, close: () => unknown): Promise<void> {
  const { flushTimeout } = drain.options;
  const closing = (async () => void (await close()))();
  if (await within(drain.clock, flushTimeout * 1000, closing)) return closing;
  new DrainLog('GracefulShutdown').warn(
    `${what} did not close within ${flushTimeout} s (\`flushTimeout\`); the shutdown goes on without it.`,
  );
}
