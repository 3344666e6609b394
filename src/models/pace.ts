import { invalidRequest } from '../errors/api-error.js';

/** The fastest pace the echo model can be asked for; above it timers no longer tell words apart. */
export const MAX_TOKENS_PER_SECOND = 1000;

/**
 * The pause between two words in milliseconds: `metadata.tokens_per_second` if given, else the default.
 * @throws ApiError (400) when the metadata asks for an impossible pace.
 */
export function pauseBetweenTokens(
  metadata: Readonly<Record<string, string>>,
  defaultTokensPerSecond: number,
): number {
  const asked = metadata.tokens_per_second;
  const pace = asked === undefined ? defaultTokensPerSecond : Number(asked);
  if (!(pace > 0 && pace <= MAX_TOKENS_PER_SECOND)) {
    throw invalidRequest(
      `metadata.tokens_per_second must be a number above 0 and at most ${MAX_TOKENS_PER_SECOND}.`,
      'metadata.tokens_per_second',
    );
  }
  return 1000 / pace;
}
