/** What the user gave cannot be rehearsed. The message carries the remedy; the process exits with 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
