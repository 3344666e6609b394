/** Thrown at start when options cannot work. The message says what was wrong and what to set. */
export class InvalidResumeOptionsError extends Error {
  override readonly name = 'InvalidResumeOptionsError';
}

/** A typing mistake must not silently mean the default. @throws InvalidResumeOptionsError */
export function refuseUnknown(owner: string, options: object, known: readonly string[]): void {
  const unknown = Object.keys(options).filter((name) => !known.includes(name));
  if (unknown.length === 0) return;
  throw new InvalidResumeOptionsError(
    `${owner} has no option \`${unknown.join('`, `')}\`; it knows \`${known.join('`, `')}\`.`,
  );
}

/**
 * Stores take an object, and what newcomers have is the thing that belongs into it.
 * @param example how the store is made
 * @throws InvalidResumeOptionsError unless the options have the one that cannot be left out
 */
export function requireOption(
  owner: string,
  options: unknown,
  name: string,
  example: string,
): void {
  if (typeof options === 'object' && options !== null && name in options) return;
  throw new InvalidResumeOptionsError(
    `${owner} is given ${format(options)} without \`${name}\`; set ${example}.`,
  );
}

/** @throws InvalidResumeOptionsError unless the value has the methods of a thing of ours. */
export function withMethods<T>(name: string, value: T, remedy: string, ...methods: string[]): T {
  const given = value as Record<string, unknown> | null | undefined;
  if (methods.every((method) => typeof given?.[method] === 'function')) return value;
  throw new InvalidResumeOptionsError(`\`${name}\` is ${format(value)}; set ${remedy}.`);
}

/** A value as an error message shows it. Not a text: the address of a server has its password. */
function format(value: unknown): string {
  if (typeof value === 'string') return 'a text';
  if (typeof value === 'function') return 'a function';
  if (value instanceof Promise) return 'a promise (await it)';
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}

/** @throws InvalidResumeOptionsError naming the option, unless its value is a finite number above 0. */
export function positive(name: string, value: number): number {
  if (value > 0 && Number.isFinite(value)) return value;
  throw new InvalidResumeOptionsError(`\`${name}\` is ${value}; set a number above 0.`);
}

/** A duration that may be endless: `Infinity` means that the time is never over. @throws as `positive`. */
export function duration(name: string, value: number): number {
  return value === Infinity ? value : positive(name, value);
}
