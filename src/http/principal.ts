import { createHash } from 'node:crypto';

/** Who asks: a hash of the bearer token, so that no token is kept. Without one all callers are the same. */
export function principalOf(authorization: unknown): string {
  if (typeof authorization !== 'string' || authorization === '') return 'anonymous';
  return createHash('sha256').update(authorization).digest('hex');
}
