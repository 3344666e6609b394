/** The pod's grace period in milliseconds, as the scenario sets it. */
export const grace = Number(process.env['GRACE'] ?? 30_000);

/** What a drain may take so that the process is gone before the grace is over. */
export const drainTime = (delay = 0): number => grace - delay - 1000;

export const port = Number(process.env['PORT']);
