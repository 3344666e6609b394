/** The value below which this share of them lies; between two values, in proportion. */
export function quantile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  const position = (sorted.length - 1) * share;
  const below = sorted[Math.floor(position)];
  const above = sorted[Math.ceil(position)];
  return below + (above - below) * (position % 1);
}

export const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

export const median = (values) => quantile(values, 0.5);

/** The median, and in brackets the lowest and the highest of the values. */
export function summary(values, format) {
  const [low, middle, high] = [0, 0.5, 1].map((share) => format(quantile(values, share)));
  return `${middle} (${low} … ${high})`;
}

export const fixed = (digits) => (value) => value.toFixed(digits);
export const milliseconds = (value) => `${value.toFixed(value < 100 ? 1 : 0)} ms`;
export const kibibytes = (value) => `${(value / 1024).toFixed(2)} KiB`;

export const mebibytes = (value) => `${(value / 2 ** 20).toFixed(2)} MiB`;

/** Whether a goal is reached, in words for a table. */
export const verdict = (value, goal) => (value <= goal ? 'reached' : '**missed**');
