import { type Connection } from '../balancer/balancer.js';
import { formatDuration } from '../duration.js';
import { type Attempt, type Stream } from '../load/stream.js';
import { together, type PodStory } from './pod-story.js';

/** One lost stream with the attempt that decided it. */
export interface Loss {
  readonly stream: Stream;
  readonly attempt: Attempt;
  readonly connection?: Connection;
  /** The pod that it was lost on, when known. */
  readonly pod?: PodStory;
}

/** What the rehearsal knows beside the losses; durations in milliseconds. */
export interface Circumstances {
  readonly gracePeriod: number;
  /** How long a whole stream lasts: the longest seen or announced; 0 when unknown. */
  readonly streamLength: number;
}

/** From the start of the pod's end to the loss; 0 before it. */
export function sinceEnding({ attempt, pod }: Loss, time = attempt.endedAt): number {
  return Math.max(time - (pod?.endingAt ?? time), 0);
}

/** The pod's end had begun when the attempt ended. */
export function whileEnding({ attempt, pod }: Loss): boolean {
  return pod?.endingAt !== undefined && pod.endingAt <= attempt.endedAt;
}

/** How long a pod would have had to accept after its deletion so that none of these was lost. */
export function delayNeeded(losses: readonly Loss[]): string {
  const needed = losses.map((loss) =>
    Math.max(
      sinceEnding(loss, loss.connection?.refused ? loss.connection.at : loss.attempt.startedAt),
      sinceEnding(loss, loss.pod?.at('endpointRemoved')),
    ),
  );
  return formatDuration(Math.max(...needed) + 100);
}

/** How long a pod would have had to drain after its deletion so that all of these could end. */
export function drainNeeded(losses: readonly Loss[], { streamLength }: Circumstances): number {
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
