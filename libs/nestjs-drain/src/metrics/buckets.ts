/** From a plain answer to an hour of streaming. */
export const bucketsOfSeconds = [
  0.1, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 180, 300, 600, 900, 1800, 3600,
];
