import { DrainLog } from './nest-logger.js';

/** A part of another library that has no public name or no public promise, and that the drain needs. */
export interface Expectation {
  /** Whose part it is, such as `ApplicationConfig of @nestjs/core`. */
  readonly owner: string;
  /** Names of properties or methods, its own or inherited. */
  readonly parts: readonly string[];
  /** What the drain cannot do without them, such as `the drain cannot see WebSocket clients`. */
  readonly without: string;
}

/** A part of another library is missing, and without it the drain would lose work and not know it. */
export class UnknownInternalError extends Error {
  override readonly name = 'UnknownInternalError';
}

/** @throws UnknownInternalError at start, because a drain that sees nothing must not look like one. */
export function requireParts(of: unknown, expected: Expectation): void {
  const missing = missingPart(of, expected.parts);
  if (missing !== undefined) throw new UnknownInternalError(describe(missing, expected));
}

/**
 * Logs a warning if a part is missing: the drain works, but not all of it.
 * @returns whether every part is there
 */
export function expectParts(of: unknown, expected: Expectation): boolean {
  const missing = missingPart(of, expected.parts);
  if (missing === undefined) return true;
  new DrainLog('GracefulShutdown').warn(describe(missing, expected));
  return false;
}

/** What an object keeps behind a symbol of its own that is not exported; undefined where it has none so described. */
export function behindSymbol(object: object, description: string): unknown {
  const symbol = Object.getOwnPropertySymbols(object).find(
    (one) => one.description === description,
  );
  return symbol && (object as Record<symbol, unknown>)[symbol];
}

function missingPart(of: unknown, parts: readonly string[]): string | undefined {
  return parts.find((part) => !(part in Object(of)));
}

function describe(missing: string, { owner, without }: Expectation): string {
  return (
    `${owner} has no \`${missing}\`: ${without}. ` +
    'Install a version of nestjs-drain that supports the installed version of that package.'
  );
}
