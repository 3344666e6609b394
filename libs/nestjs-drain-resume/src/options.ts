/** Thrown at start when options cannot work. The message says what was wrong and what to set. */
export class InvalidResumeOptionsError extends Error {
  override readonly name = 'InvalidResumeOptionsError';
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
