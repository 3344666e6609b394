import { type PodStory } from '../verdict/pod-story.js';
import { type PodPhase } from './palette.js';

export const phaseWords: Record<PodPhase, string> = {
  starting: 'starting',
  serving: 'serving',
  hook: 'preStop',
  ending: 'after the signal',
};

export interface Phase {
  readonly phase: PodPhase;
  readonly from: number;
  readonly to: number;
}

/** The phases of one pod's life until `end`, in milliseconds; those that it did not have are left out. */
export function phasesOf(story: PodStory, end: number): Phase[] {
  const started = story.at('started');
  if (started === undefined) return [];
  const exited = story.at('exited') ?? end;
  const ending = story.signal?.at ?? story.at('sigkill') ?? exited;
  const hook = story.at('hookSent') ?? ending;
  const ready = story.at('ready') ?? hook;
  const phases: Phase[] = [
    { phase: 'starting', from: started, to: ready },
    { phase: 'serving', from: ready, to: hook },
    { phase: 'hook', from: hook, to: ending },
    { phase: 'ending', from: ending, to: exited },
  ];
  return phases.filter(({ from, to }) => to > from);
}
