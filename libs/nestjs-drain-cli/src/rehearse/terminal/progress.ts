import { createLogUpdate } from 'log-update';
import colors from 'picocolors';
import { type PodEvent } from '../journal.js';
import { type Stream } from '../load/stream.js';
import { type Audience } from '../rehearsal.js';
import { fateOf, fates, type Fate } from '../verdict/fate.js';
import { counts } from './summary.js';

const words: Record<PodEvent['kind'], string> = {
  started: 'started',
  ready: 'ready',
  notReady: 'no longer ready',
  deleted: 'deleted',
  endpointAdded: 'gets new connections',
  endpointRemoved: 'gets no new connections any more',
  hookSent: 'preStop hook begun',
  hookAnswered: 'preStop hook done',
  hookFailed: 'FailedPreStopHook',
  kubeletRestarted: 'the kubelet restarted',
  sigterm: 'SIGTERM',
  sigkill: 'SIGKILL',
  exited: 'gone',
};

const refresh = 200;

/** Shows a rehearsal while it runs: plain lines, and on a terminal the count of streams below them. */
export class Progress implements Audience {
  readonly #live: ReturnType<typeof createLogUpdate> | undefined;
  #streams: () => readonly Stream[] = () => [];
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly screen: NodeJS.WriteStream,
    private readonly verbose: boolean,
  ) {
    if (screen.isTTY) this.#live = createLogUpdate(screen);
  }

  event({ at, pod, kind, detail }: PodEvent): void {
    const more = detail === undefined ? '' : ` (${detail})`;
    this.#line(`${colors.dim(seconds(at))}  ${colors.bold(pod)}  ${words[kind]}${more}`);
  }

  output(pod: string, line: string): void {
    if (this.verbose) this.#line(colors.dim(`${pod} | ${line}`));
  }

  streams(streams: () => readonly Stream[]): void {
    this.#streams = streams;
    if (this.#live) this.#timer = setInterval(() => this.#draw(), refresh).unref();
  }

  /** Leaves the terminal as it was found. */
  stop(): void {
    clearInterval(this.#timer);
    this.#live?.clear();
    this.#live?.done();
  }

  #line(text: string): void {
    this.#live?.clear();
    this.screen.write(`${text}\n`);
    this.#draw();
  }

  #draw(): void {
    const streams = this.#streams();
    if (!this.#live || streams.length === 0) return;
    const ended = streams.filter(({ open }) => !open);
    this.#live(`${streams.length - ended.length} streams open; ${counts(tally(ended))}`);
  }
}

function tally(streams: readonly Stream[]): Record<Fate, number> {
  const totals = Object.fromEntries(fates.map((fate) => [fate, 0])) as Record<Fate, number>;
  for (const stream of streams) totals[fateOf(stream)] += 1;
  return totals;
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(2)} s`.padStart(9);
}
