const CHECKS = Symbol.for('nestjs-drain.ReadinessChecks');

type Check = () => string | undefined;

/**
 * What readiness asks besides the drain: each says why this process cannot take requests, or undefined. They answer at
 * once, from what they know. Global, so that the ESM and CJS builds meet.
 */
export const readinessChecks = ((globalThis as { [CHECKS]?: Set<Check> })[CHECKS] ??= new Set());
