import { mean } from './statistics.mjs';

/** The 0.975 quantiles of Student's t for 1 to 30 degrees of freedom: NIST/SEMATECH e-Handbook, section 1.3.6.7.2. */
const quantiles = [
  ...[12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228],
  ...[2.201, 2.179, 2.16, 2.145, 2.131, 2.12, 2.11, 2.101, 2.093, 2.086],
  ...[2.08, 2.074, 2.069, 2.064, 2.06, 2.056, 2.052, 2.048, 2.045, 2.042],
];

/**
 * The mean of the ratios of pairs, by their logarithms, with its 95 % interval. A process keeps what its compiler and its
 * memory happened to become, so the slices of one set of processes are no independent witnesses: a set is one value.
 */
export function estimate(ratios) {
  const logs = ratios.map(Math.log);
  return asRatio(interval(mean(logs), spreadOf(logs), logs.length - 1));
}

/** The mean of the one for one of the other, with its 95 % interval; each value of a process of its own. */
export function estimateRatio(base, measured) {
  return asRatio(estimateDifference(base.map(Math.log), measured.map(Math.log)));
}

/** How much larger the mean of the one is than that of the other, with Welch's 95 % interval; each value of a process of its own. */
export function estimateDifference(measured, base) {
  const both = [measured, base];
  const spreads = both.map(spreadOf);
  const sum = spreads[0] + spreads[1];
  const parts = both.map(({ length }, index) => spreads[index] ** 2 / (length - 1));
  return interval(mean(measured) - mean(base), sum, sum ** 2 / (parts[0] + parts[1]));
}

/** The variance of the mean of the values; not a number of a single one. */
function spreadOf(values) {
  const center = mean(values);
  const squares = values.reduce((sum, value) => sum + (value - center) ** 2, 0);
  return squares / (values.length - 1) / values.length;
}

/** A single value tells no interval: everything is possible. */
function interval(value, spread, freedom) {
  if (Number.isNaN(spread)) return { value, low: -Infinity, high: Infinity };
  if (spread === 0) return { value, low: value, high: value };
  const whole = Math.min(Math.max(Math.floor(freedom), 1), quantiles.length);
  const half = quantiles[whole - 1] * Math.sqrt(spread);
  return { value, low: value - half, high: value + half };
}

const asRatio = ({ value, low, high }) => ({
  value: Math.exp(value),
  low: Math.exp(low),
  high: Math.exp(high),
});
