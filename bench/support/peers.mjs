import { median, milliseconds, summary } from './statistics.mjs';

/** Variants of the application that are asked to exit. */
export const peers = [
  'nestjs-drain',
  'http-terminator',
  'nestjs-graceful-shutdown',
  'lightship',
  'enableShutdownHooks only',
  'bare',
];

/** ms after which a process that has not exited counts as hung. */
export const bound = 20_000;

/** @param times until the exit; undefined where it did not come */
export function tellTime(times) {
  const known = times.filter((time) => time !== undefined);
  const hung = times.length - known.length;
  const told = known.length > 0 ? summary(known, milliseconds) : '';
  return hung > 0 ? `${told} hung: ${hung} of ${times.length}`.trim() : told;
}

export const medianOf = (times) => median(times.map((time) => time ?? Infinity));
