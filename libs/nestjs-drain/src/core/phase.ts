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
