/** The store does not answer at start. The message carries the remedy. */
export class StoreUnreachableError extends Error {
  override readonly name = 'StoreUnreachableError';

  constructor(address: string, cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(`No Redis server answers at ${address}: check STORE_URL and the server (${reason}).`, {
      cause,
    });
  }
}
