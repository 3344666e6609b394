import { isSubscription } from '../load/load-plan.js';
import { type Attempt, type Stream } from '../load/stream.js';

export const fates = ['complete', 'resumed', 'told', 'cut', 'refused', 'unfinished'] as const;

/**
 * What became of a stream: `complete` whole in one piece; `resumed` broken off and continued without
 * a loss; `told` ended early with a farewell; `cut` broken off, or ended as if it were whole;
 * `refused` never begun; `unfinished` still running when the rehearsal ended, not judged.
 */
export type Fate = (typeof fates)[number];

export function isLost(fate: Fate): boolean {
  return fate === 'cut' || fate === 'refused';
}

export function fateOf(stream: Stream): Fate {
  const last = stream.attempts.at(-1);
  if (!last) return 'unfinished';
  if (stream.gap !== undefined) return 'cut';
  if (stream.terminal !== undefined) return fateOfWhole(stream.attempts);
  if (stream.open && !isSubscription(stream.kind)) return 'unfinished';
  if (stream.open) return fateOfWhole(stream.attempts);
  if (last.told !== undefined) return 'told';
  if (last.ending === 'clean' && last.status === 1000) return 'complete';
  const begun = last.ending === 'clean' || last.ending === 'reset' || stream.events > 0;
  return begun || (last.firstByteAt !== undefined && last.ending === 'idle') ? 'cut' : 'refused';
}

function fateOfWhole(attempts: readonly Attempt[]): Fate {
  if (attempts.at(-1)?.told !== undefined) return 'told';
  const interruptions = attempts.slice(0, -1);
  if (interruptions.length === 0) return 'complete';
  return interruptions.every((attempt) => attempt.told !== undefined) ? 'told' : 'resumed';
}
