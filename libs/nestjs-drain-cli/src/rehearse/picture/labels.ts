import { type PodEvent, type PodEventKind } from '../journal.js';
import { plot } from './layout.js';

/** A text over a pod's lifeline, at the line of its event. Pixels. */
export interface Label {
  readonly x: number;
  readonly text: string;
  readonly anchor: 'start' | 'end';
}

const words: Partial<Record<PodEventKind, string>> = {
  ready: 'ready',
  deleted: 'deleted',
  hookFailed: 'preStop failed',
  kubeletRestarted: 'kubelet restarts',
  endpointAdded: 'new connections',
  endpointRemoved: 'no new connections',
  sigterm: 'SIGTERM',
  sigkill: 'SIGKILL',
  exited: 'gone',
};

const letter = 6.5;

export function isMarked({ kind }: PodEvent): boolean {
  return kind !== 'ready' && words[kind] !== undefined;
}

/** The labels of one pod's events; those that would run into each other share one. */
export function labelsOf(events: readonly PodEvent[], x: (time: number) => number): Label[] {
  const labels: { x: number; words: string[] }[] = [];
  for (const event of events) {
    const word = words[event.kind];
    if (word === undefined) continue;
    const previous = labels.at(-1);
    if (previous && x(event.at) < end(previous) + 10) {
      if (!previous.words.includes(word)) previous.words.push(word);
    } else labels.push({ x: x(event.at), words: [word] });
  }
  return labels.map((label) => {
    const fits = end(label) <= plot.right + 8;
    return { x: label.x, text: label.words.join(' · '), anchor: fits ? 'start' : 'end' };
  });
}

function end(label: { x: number; words: string[] }): number {
  return label.x + label.words.join(' · ').length * letter;
}
