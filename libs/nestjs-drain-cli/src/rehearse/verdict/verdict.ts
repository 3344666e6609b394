import { type Fate } from './fate.js';

/** The whole rehearsal in one sentence; every picture and file says the same. */
export interface Verdict {
  readonly passed: boolean;
  readonly sentence: string;
}

export interface Count {
  readonly totals: Readonly<Record<Fate, number>>;
  readonly lost: number;
  readonly maxLost: number;
  readonly stoppedAtLimit: boolean;
  readonly ranDry: boolean;
}

/** Passed is only what was judged to its end: an unknown end is none. */
export function verdictOf({ totals, lost, maxLost, stoppedAtLimit, ranDry }: Count): Verdict {
  const { complete, resumed, told, unknown } = totals;
  const judged = complete + resumed + told + unknown + lost;
  const failed = (sentence: string): Verdict => ({ passed: false, sentence });
  if (judged === 0) return failed('No stream came to an end: nothing was measured');
  if (lost > maxLost) return failed(`${lost} of ${judged} streams were lost`);
  if (unknown > 0) {
    return failed(`Whether ${unknown} of ${judged} streams were whole cannot be known`);
  }
  if (stoppedAtLimit) return failed('Stopped at the time limit: not judged to the end');
  if (ranDry) return failed('The clients ran out of streams: not judged to the end');
  if (lost === judged) return failed('Every stream was lost');
  if (lost > 0) {
    return { passed: true, sentence: `${lost} of ${judged} streams were lost; ${maxLost} may be` };
  }
  return { passed: true, sentence: `No stream was lost: ${wordsFor(complete + resumed, told)}` };
}

function wordsFor(kept: number, told: number): string {
  if (told === 0) return `all ${kept} were kept`;
  return kept === 0 ? `all ${told} were told` : `${kept} were kept, ${told} were told`;
}
