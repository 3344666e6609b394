import type { DynamicOptions } from 'nestjs-drain';
import type { Configuration } from './configuration/configuration.js';

/** Hands the library what the environment says about the shutdown; nothing is decided here. */
export function shutdownOptions({ shutdown }: Configuration): DynamicOptions {
  const { timeout, propagationDelay, flushTimeout, terminationGracePeriod, token } = shutdown;
  return {
    timeout,
    propagationDelay,
    flushTimeout,
    ...(terminationGracePeriod !== undefined && { terminationGracePeriod }),
    ...(token !== undefined && { control: { token } }),
    ...(!shutdown.handleSignals && { signals: false }),
  };
}
