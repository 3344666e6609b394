import type { GracefulShutdownOptions } from 'nestjs-drain';
import type { Configuration } from './configuration/configuration.js';

/** Hands the library what the environment says about the shutdown; nothing is decided here. */
export function shutdownOptions({
  host,
  shutdown,
  streamHeartbeat,
}: Configuration): GracefulShutdownOptions {
  const { timeout, propagationDelay, flushTimeout, terminationGracePeriod } = shutdown;
  const { token, managementPort } = shutdown;
  return {
    timeout,
    propagationDelay,
    flushTimeout,
    heartbeat: streamHeartbeat > 0 && streamHeartbeat,
    ...(terminationGracePeriod !== undefined && { terminationGracePeriod }),
    // ColdBrew's names beside Chat Shell's.
    health: { liveness: ['health', 'healthcheck'], readiness: ['ready', 'readycheck'] },
    control: {
      ...(token !== undefined && { token }),
      ...(managementPort !== undefined && { port: managementPort, host }),
    },
    ...(!shutdown.handleSignals && { signals: false }),
  };
}
