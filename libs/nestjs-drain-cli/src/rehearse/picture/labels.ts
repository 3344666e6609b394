import { type PodEvent, type PodEventKind } from '../journal.js';
import { plot } from './layout.js';

/** A text over a pod's lifeline, at the line of its event. Pixels. */
export interface Label {
  readonly x: number;
  /** 0 right above the lifeline, 1 above that. */
  readonly row: number;
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
  sigint: 'SIGINT',
  sigkill: 'SIGKILL',
  exited: 'gone',
};

const letter = 6.5;

export function isMarked({ kind }: PodEvent): boolean {
  return kind !== 'ready' && words[kind] !== undefined;
}

/** The labels of one pod's events, in two rows; those that still run into each other share one. */
export function labelsOf(events: readonly PodEvent[], x: (time: number) => number): Label[] {
  const rows: Draft[][] = [[], []];
  for (const event of events) {
    const word = words[event.kind];
    if (word === undefined) continue;
    const start = x(event.at);
    const free = rows.find((row) => row.length === 0 || end(row.at(-1)) + 8 <= start);
    if (free) free.push({ x: start, words: [word] });
    else rows[0]?.at(-1)?.words.push(word);
  }
  return rows.flatMap((row, index) => row.map((draft) => labelOf(draft, index)));
}

interface Draft {
  readonly x: number;
  readonly words: string[];
}

function labelOf(draft: Draft, row: number): Label {
  const anchor = end(draft) <= plot.right + 8 ? 'start' : 'end';
  return { x: draft.x, row, text: draft.words.join(' · '), anchor };
}

function end(draft: Draft | undefined): number {
  return draft ? draft.x + draft.words.join(' · ').length * letter : 0;
}
