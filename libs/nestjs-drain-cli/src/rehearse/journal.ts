import { type Clock } from './clock.js';

export type PodEventKind =
  | 'started'
  | 'ready'
  | 'notReady'
  | 'deleted'
  | 'endpointAdded'
  | 'endpointRemoved'
  | 'hookSent'
  | 'hookAnswered'
  | 'hookFailed'
  | 'kubeletRestarted'
  | 'sigterm'
  | 'sigint'
  | 'sigkill'
  | 'exited';

/** Something that happened to one pod, `at` milliseconds into the rehearsal. */
export interface PodEvent {
  readonly at: number;
  readonly pod: string;
  readonly kind: PodEventKind;
  /** More for people: a status, an exit code, a reason. */
  readonly detail?: string;
}

/** Everything that happened to the pods, in order. */
export class Journal {
  readonly events: PodEvent[] = [];

  constructor(
    private readonly clock: Clock,
    private readonly tell: (event: PodEvent) => void = () => {},
  ) {}

  #ended = false;

  /** What happens from now on is not part of the rehearsal. */
  end(): void {
    this.#ended = true;
  }

  write(pod: string, kind: PodEventKind, detail?: string): void {
    if (this.#ended) return;
    const event = { at: this.clock.now(), pod, kind, ...(detail === undefined ? {} : { detail }) };
    this.events.push(event);
    this.tell(event);
  }
}
