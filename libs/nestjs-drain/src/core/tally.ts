/**
 * How a stream ended.
 *
 * - `completed`: by itself, before the drain touched it.
 * - `told`: a subscription that was asked to reconnect elsewhere, and ended cleanly.
 * - `cancelled`: a finite stream that reached the deadline and got its farewell.
 * - `handedOff`: a resumable stream whose rest another replica sends.
 * - `cut`: it was ended, but its last bytes are known lost.
 */
export type StreamOutcome = 'completed' | 'told' | 'cancelled' | 'handedOff' | 'cut';

/** Totals since the process started. They only grow; a drain reports the difference it made. */
export interface StreamTally extends Record<StreamOutcome, number> {
  admitted: number;
  refused: number;
  /** Of `completed`: streams whose client left before the end. */
  abandoned: number;
}

export const emptyTally = (): StreamTally => ({
  admitted: 0,
  refused: 0,
  completed: 0,
  abandoned: 0,
  told: 0,
  cancelled: 0,
  handedOff: 0,
  cut: 0,
});

export function subtractTally(later: StreamTally, earlier: StreamTally): StreamTally {
  const difference = emptyTally();
  for (const key of Object.keys(difference) as (keyof StreamTally)[]) {
    difference[key] = later[key] - earlier[key];
  }
  return difference;
}
