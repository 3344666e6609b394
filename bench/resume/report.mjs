import { median, quantile } from '../support/statistics.mjs';

export function line(name, value, unit, note = '') {
  const number = value.toLocaleString('en', { maximumFractionDigits: value < 100 ? 2 : 0 });
  console.log(`  ${name.padEnd(52)} ${number.padStart(9)} ${unit.padEnd(8)} ${note}`.trimEnd());
}

export const middle = (results, name) => median(results.map((result) => result[name]));

/** Of each turn, because the machine changes from one to the next. */
export const ratioOf = (results, yardsticks, name) =>
  median(results.map((result, turn) => result[name] / yardsticks[turn][name]));

export function latencyLines(name, times) {
  line(`${name}, p50`, quantile(times, 0.5), 'ms');
  line(`${name}, p99`, quantile(times, 0.99), 'ms');
}
