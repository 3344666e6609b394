import { createLogUpdate } from 'log-update';
import colors from 'picocolors';
import { type PodEvent } from '../journal.js';
import { type LoadStatus } from '../load/clients-process.js';
import { type LoadPlan } from '../load/load-plan.js';
import { type Audience } from '../rehearsal.js';
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
  sigint: 'SIGINT',
  sigkill: 'SIGKILL',
  exited: 'gone',
};

const refresh = 200;

/** Shows a rehearsal while it runs: plain lines, and on a terminal the count of streams below them. */
export class Progress implements Audience {
  readonly #live: ReturnType<typeof createLogUpdate> | undefined;
  #load: (() => LoadStatus) | undefined;
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

  load(status: () => LoadStatus): void {
    this.#load = status;
    if (this.#live) this.#timer = setInterval(() => this.#draw(), refresh).unref();
  }

  discovered({ kind }: LoadPlan): void {
    const what = kind === 'sse' ? 'an event stream' : 'a plain answer';
    this.#line(`No --load was named; GET / gives ${what}, and is rehearsed.`);
    if (kind === 'sse') return;
    this.#line(
      'That says nothing about streams: point it at one with --load post:/path --body body.json, or --load sse:/path.',
    );
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
    const status = this.#load?.();
    if (!this.#live || !status) return;
    this.#live(`${status.open} streams open; ${counts(status.ended)}`);
  }
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(2)} s`.padStart(9);
}
