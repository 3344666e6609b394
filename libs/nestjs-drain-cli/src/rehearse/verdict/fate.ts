import { isSubscription } from '../load/load-plan.js';
import { type Attempt, type Stream } from '../load/stream.js';

export const fates = [
  'complete',
  'resumed',
  'told',
  'unknown',
  'cut',
  'refused',
  'unfinished',
] as const;

/**
 * What became of a stream: `complete` whole in one piece; `resumed` broken off and continued without
 * a loss; `told` ended early with a farewell; `unknown` ended cleanly or came back, and nothing tells
 * whether it was whole; `cut` broken off, or ended as if it were whole; `refused` never begun;
 * `unfinished` still running when the rehearsal ended, not judged.
 */
export type Fate = (typeof fates)[number];

export function isLost(fate: Fate): boolean {
  return fate === 'cut' || fate === 'refused';
}

/** What the fate of one stream depends on beside the stream itself. */
export interface FateContext {
  /** An end of this kind was recognised in another stream of the same request. */
  readonly endsKnown: boolean;
  /** The pod of this attempt was being ended when the attempt ended. */
  readonly ending: (attempt: Attempt) => boolean;
}

/** Before a rehearsal is over, pods are not known: a farewell is believed, an end is not. */
export const liveContext: FateContext = { endsKnown: false, ending: () => true };

export function fateOf(stream: Stream, context: FateContext): Fate {
  const last = stream.attempts.at(-1);
  if (!last) return 'unfinished';
  if (missedBy(stream, context) !== undefined || stream.broken !== undefined) return 'cut';
  if (stream.attempts.some((attempt) => failedAnswer(attempt, context))) return 'cut';
  if (stream.terminal !== undefined) return fateOfUnbroken(stream);
  if (stream.open) return isEndless(stream, context) ? fateOfUnbroken(stream) : 'unfinished';
  if (last.told !== undefined) return fateOfUnbroken(stream);
  if (endedUnknown(stream, last, context)) return 'unknown';
  const begun = last.ending === 'clean' || last.ending === 'reset' || stream.events > 0;
  return begun || (last.firstByteAt !== undefined && last.ending === 'idle') ? 'cut' : 'refused';
}

/** Where an end is known, a stream that began again without it missed the rest. */
export function missedBy(
  { gap, anew, named }: Stream,
  { endsKnown }: FateContext,
): string | undefined {
  return gap ?? (named || endsKnown ? anew : undefined);
}

const isEndless = ({ kind }: Stream, { endsKnown }: FateContext): boolean =>
  isSubscription(kind) && !endsKnown;

/** A farewell of a pod that no platform had asked to end: the service says that it failed. */
export function failedAnswer(attempt: Attempt, { ending }: FateContext): boolean {
  return attempt.told !== undefined && !attempt.askedBack && !ending(attempt);
}

/** Where the user named an end, nothing else is one; where streams were seen to have one, neither. */
function endedUnknown({ named, kind }: Stream, last: Attempt, { endsKnown }: FateContext): boolean {
  if (last.ending !== 'clean' || named || endsKnown) return false;
  return kind !== 'websocket' || last.status === 1000;
}

/**
 * A doubt about one interruption is not settled by a farewell at another, and one that was told and began again has
 * not gone on without a gap because another one did.
 */
function fateOfUnbroken({ attempts, doubt, anew, awaited, restarted }: Stream): Fate {
  if (doubt !== undefined || anew !== undefined || awaited) return 'unknown';
  if (attempts.at(-1)?.told !== undefined) return 'told';
  const interruptions = attempts.slice(0, -1);
  if (interruptions.length === 0) return 'complete';
  if (restarted || interruptions.every(({ told }) => told !== undefined)) return 'told';
  return 'resumed';
}
