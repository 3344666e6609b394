/**
 * Options of Node for a server of which slices are compared. The young generation has from the start the size that V8
 * gives it under load, and the old one has room for the whole run, so no full collection comes to one slice and not to
 * the next. With V8's own sizes, bare Nest differs from itself by five percent from process to process; with these by
 * less than one.
 */
export const steadyHeap = [
  '--min-semi-space-size=16',
  '--max-semi-space-size=16',
  '--initial-old-space-size=2048',
];
