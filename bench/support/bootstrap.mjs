import { mean, quantile } from './statistics.mjs';

const resamples = 4000;

/**
 * The mean of what is left without the outermost tenths: a slice in which the collector ran, or in which the machine
 * did something else, does not decide.
 */
export function trimmedMean(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const cut = Math.floor(sorted.length / 10);
  return mean(sorted.slice(cut, sorted.length - cut));
}

/**
 * Groups of ratios, one group for each set of processes. A process keeps what its compiler and its memory happened to
 * become, so the ratios of a group are no independent witnesses: the groups are drawn first, then their ratios.
 * @returns the estimate and the interval that holds 95 % of the estimates of the redrawn samples
 */
export function estimate(groups, random = generator(1)) {
  const logs = groups.map((group) => group.map(Math.log));
  const of = (draw) => Math.exp(mean(draw(logs).map((group) => trimmedMean(draw(group)))));
  return withInterval(of, random);
}

/** The mean of the one for one of the other, with its interval; each value of a process of its own. */
export function estimateRatio(base, measured, random = generator(1)) {
  return withInterval((draw) => mean(draw(base)) / mean(draw(measured)), random);
}

/** How much larger the mean of the one is than that of the other, with its interval; each value of a process of its own. */
export function estimateDifference(measured, base, random = generator(1)) {
  return withInterval((draw) => mean(draw(measured)) - mean(draw(base)), random);
}

/** @param of the estimate of what `draw` makes of a list: the list itself, or a sample of it with repetitions */
function withInterval(of, random) {
  const redraw = (list) => list.map(() => list[Math.floor(random() * list.length)]);
  const estimates = Array.from({ length: resamples }, () => of(redraw));
  const [low, high] = [0.025, 0.975].map((share) => quantile(estimates, share));
  return { value: of((list) => list), low, high };
}

/** Mulberry32: the same samples give the same interval. */
function generator(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
