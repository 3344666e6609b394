import { InvalidResumeOptionsError } from './errors.js';

/** @throws InvalidResumeOptionsError naming the option, unless its value is a number above 0. */
export function positive(name: string, value: number): number {
  if (value > 0 && Number.isFinite(value)) return value;
  throw new InvalidResumeOptionsError(`\`${name}\` is ${value}; set a number above 0.`);
}
