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

/** @throws InvalidResumeOptionsError unless the value has the methods of a thing of ours. */
export function withMethods<T>(name: string, value: T, remedy: string, ...methods: string[]): T {
  const given = value as Record<string, unknown> | null | undefined;
  if (methods.every((method) => typeof given?.[method] === 'function')) return value;
  throw new InvalidResumeOptionsError(`\`${name}\` is ${String(value)}; set ${remedy}.`);
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
