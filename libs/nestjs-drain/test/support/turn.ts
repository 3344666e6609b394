/**
 * Resolves when every promise continuation of this turn of the event loop has run, before any timer
 * or I/O: what has not happened by then needed another turn.
 */
export function endOfTurn(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve));
}
