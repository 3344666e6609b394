import { milliseconds } from './statistics.mjs';

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

/** @param time until the exit; undefined where it did not come */
export const tellTime = (time) => (time === undefined ? '**hung**' : milliseconds(time));
