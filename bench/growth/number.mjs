/** No less than it is: of pods and servers a fraction is a whole one. */
export const number = (value) => Math.ceil(value).toLocaleString('en');

/** Its first digit, rounded down, for what is known no better. */
export function some(value) {
  const unit = 10 ** Math.floor(Math.log10(value));
  return number(Math.floor(value / unit) * unit);
}

/** The least and the most of them, as `format` gives them; one, where both are the same. */
export function range(values, format) {
  const ends = new Set([Math.min(...values), Math.max(...values)].map(format));
  return [...ends].join(' to ');
}
