import { type Connection } from '../balancer/balancer.js';
import { type Attempt, type Stream } from '../load/stream.js';
import { type Advice } from './advice.js';
import { together, type PodStory } from './pod-story.js';

/** One lost stream with the attempt that decided it. */
export interface Loss {
  readonly stream: Stream;
  readonly attempt: Attempt;
  readonly connection?: Connection;
  /** The pod that it was lost on, when known. */
  readonly pod?: PodStory;
  /** What it missed although it came back. */
  readonly missed?: string;
  /** When the pod began to end streams before their own end; absent if it ended none. */
  readonly farewellsFrom?: number;
}

/** What the rehearsal knows beside the losses; durations in milliseconds. */
export interface Circumstances {
  readonly gracePeriod: number;
  /** How long a whole stream lasts: the longest seen or announced; 0 when unknown. */
  readonly streamLength: number;
  /** The rehearsal's own processes were late: its times are not the service's. */
  readonly strained: boolean;
  /** Pods that stayed ready until they were gone and told no stream of their end. */
  readonly unaware: ReadonlySet<string>;
  readonly advice: Advice;
}

/** From the start of the pod's end to the loss; 0 before it. */
export function sinceEnding({ attempt, pod }: Loss, time = attempt.endedAt): number {
  return Math.max(time - (pod?.endingAt ?? time), 0);
}

/** The pod's end had begun when the attempt ended. */
export function whileEnding({ attempt, pod }: Pick<Loss, 'attempt' | 'pod'>): boolean {
  return pod?.endingAt !== undefined && pod.endingAt <= attempt.endedAt;
}

/**
 * How long a pod would have had to drain after its deletion so that all of these could end; undefined if
 * nothing that was measured says it.
 */
export function drainNeeded(
  losses: readonly Loss[],
  { streamLength, strained }: Circumstances,
): number | undefined {
  if (strained || streamLength === 0) return undefined;
  const needed = losses.map((loss) => {
    const ran = loss.attempt.endedAt - loss.attempt.startedAt;
    return sinceEnding(loss) + Math.max(streamLength - ran, 0);
  });
  return Math.max(...needed);
}

export function graceOver({ pod, attempt }: Loss): boolean {
  return after(attempt.endedAt, pod?.at('sigkill'));
}

export function startedAfterRemoval({ pod, attempt }: Loss): boolean {
  const removed = pod?.at('endpointRemoved');
  return removed !== undefined && attempt.startedAt > removed;
}

export function after(time: number, mark: number | undefined): boolean {
  return mark !== undefined && time >= mark - together;
}
