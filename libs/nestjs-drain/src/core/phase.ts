/**
 * Where the process stands. It only moves to the right, except by `reset()` while nothing was closed.
 *
 * - `serving`: everything is accepted.
 * - `lameDuck`: readiness answers 503, but work is still accepted, because load balancers keep
 *   sending it until they have heard. Skipped when `propagationDelay` is 0.
 * - `draining`: new finite streams are refused, subscriptions are told to reconnect elsewhere.
 * - `drained`: nothing is left, or what was left has been cut.
 */
export type DrainPhase = 'serving' | 'lameDuck' | 'draining' | 'drained';

/** `reset()` came too late: something has been closed that cannot be opened again. */
export class ResetRefusedError extends Error {
  override readonly name = 'ResetRefusedError';

  constructor(reason: string) {
    super(`The drain cannot be reset: ${reason}. Let this process exit and start a new one.`);
  }
}

/** What a waiting caller gets when the drain it waited for was taken back by `reset()`. */
export class DrainResetError extends Error {
  override readonly name = 'DrainResetError';

  constructor() {
    super('The drain was reset and this process goes on serving. Start it again to wait for it.');
  }
}
