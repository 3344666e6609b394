/** Ends a child with this process where that exits before it, so that a run that is broken off leaves no server behind. */
export function stopAtExit(child, signal = 'SIGKILL') {
  const stop = () => child.kill(signal);
  process.once('exit', stop);
  child.once('exit', () => process.off('exit', stop));
}

/** A signal alone would end this process without its `exit`. */
export function exitWhenBrokenOff() {
  for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));
}
