import { formatDuration } from '../duration.js';
import { type PodEvent, type PodEventKind } from '../journal.js';

/** Two events so close belong together: a process's end and the resets that it causes. */
export const together = 150;

/** One pod's life, told by its events. Times in milliseconds of the rehearsal. */
export class PodStory {
  constructor(
    readonly name: string,
    readonly events: readonly PodEvent[],
  ) {}

  /** When something of this kind happened first. */
  at(kind: PodEventKind): number | undefined {
    return this.events.find((event) => event.kind === kind)?.at;
  }

  /** The signal that asked it to stop. */
  get signal(): { readonly at: number; readonly name: string } | undefined {
    const event = this.events.find(({ kind }) => kind === 'sigterm' || kind === 'sigint');
    return event && { at: event.at, name: event.kind.toUpperCase() };
  }

  get crashed(): boolean {
    return this.at('sigkill') !== undefined && this.at('deleted') === undefined;
  }

  /** When the end of this pod began: deleted or crashed. */
  get endingAt(): number | undefined {
    return this.at('deleted') ?? this.at('sigkill');
  }

  /** It was asked to end, was gone, and no probe in between saw it unready. */
  get readyToTheEnd(): boolean {
    const asked = this.at('deleted');
    if (asked === undefined || this.at('exited') === undefined) return false;
    return !this.events.some(({ kind, at }) => kind === 'notReady' && at >= asked);
  }

  /** The phase and the time within it, in words: `0.3 s after SIGTERM`. */
  when(time: number): string {
    const marks: [PodEventKind, string][] = [
      ['exited', 'after it had exited'],
      ['sigkill', 'after SIGKILL'],
      ['sigterm', 'after SIGTERM'],
      ['sigint', 'after SIGINT'],
      ['deleted', 'after its deletion, before the signal'],
    ];
    for (const [kind, words] of marks) {
      const at = this.at(kind);
      if (at === undefined || at > time) continue;
      if (kind === 'exited' && time - at < together) return 'as it exited';
      return `${formatDuration(time - at)} ${words}`;
    }
    return 'while it was serving';
  }
}

/** The stories of all pods, in the order in which they started. */
export function podStories(events: readonly PodEvent[]): PodStory[] {
  const names = [...new Set(events.map((event) => event.pod))];
  return names.map(
    (name) =>
      new PodStory(
        name,
        events.filter((event) => event.pod === name),
      ),
  );
}
