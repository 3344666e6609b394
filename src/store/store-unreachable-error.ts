/** The store does not answer at start. The message carries the remedy. */
export class StoreUnreachableError extends Error {
  override readonly name = 'StoreUnreachableError';

  constructor(server: 'Redis' | 'PostgreSQL', address: string, cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(`No ${server} server serves at ${address}: check STORE_URL and the server (${reason}).`, {
      cause,
    });
  }
}
