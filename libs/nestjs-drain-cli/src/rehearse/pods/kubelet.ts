import { type Clock } from '../clock.js';
import { type Journal } from '../journal.js';

/** What the kubelet sees of a running container. */
export interface Container {
  readonly name: string;
  /** Resolves in words when the main process is gone. */
  readonly exited: Promise<string>;
  /** Runs the preStop hook; absent when the pod has none. Rejects when it could not run. */
  readonly preStop?: (signal: AbortSignal) => Promise<string>;
  terminate(): void;
  kill(): void;
}

export interface TerminationPlan {
  /** terminationGracePeriodSeconds, in milliseconds. */
  readonly gracePeriod: number;
  /** When set, the kubelet restarts so many milliseconds after it sent the hook, and sends it again. */
  readonly kubeletRestart?: number;
}

/** What is left of the grace after the hook is never less than this. */
export const minimumRest = 2000;

/**
 * Terminates a container by the kubelet's rules: the hook first, whatever its status; SIGTERM when it
 * has answered, failed or used up the grace; SIGKILL when the rest of the grace is over.
 */
export async function terminate(
  container: Container,
  plan: TerminationPlan,
  clock: Clock,
  journal: Journal,
): Promise<void> {
  const gone = new AbortController();
  const exited = container.exited.then(() => gone.abort());
  const rest = await runHooks(container, plan, clock, journal, gone.signal);
  if (!gone.signal.aborted) {
    journal.write(container.name, 'sigterm');
    container.terminate();
    await clock.sleep(rest, gone.signal);
  }
  if (!gone.signal.aborted) {
    journal.write(container.name, 'sigkill', 'the grace period was over');
    container.kill();
  }
  await exited;
}

/** Runs the hook, twice if the kubelet restarts meanwhile; resolves what is left of the grace. */
async function runHooks(
  container: Container,
  { gracePeriod, kubeletRestart }: TerminationPlan,
  clock: Clock,
  journal: Journal,
  gone: AbortSignal,
): Promise<number> {
  if (!container.preStop) return gracePeriod;
  if (kubeletRestart !== undefined) {
    await runHook(container, kubeletRestart, clock, journal, gone);
    if (!gone.aborted) journal.write(container.name, 'kubeletRestarted');
  }
  const begin = clock.now();
  if (!gone.aborted) await runHook(container, gracePeriod, clock, journal, gone);
  const wholeSeconds = Math.floor((clock.now() - begin) / 1000) * 1000;
  return Math.max(gracePeriod - wholeSeconds, minimumRest);
}

/** One run of the hook, dropped after `bound` milliseconds or when the container is gone. */
async function runHook(
  container: Container,
  bound: number,
  clock: Clock,
  journal: Journal,
  gone: AbortSignal,
): Promise<void> {
  const over = new AbortController();
  const signal = AbortSignal.any([gone, over.signal]);
  journal.write(container.name, 'hookSent');
  const answered = container.preStop?.(signal).then(
    (answer): HookEnd => ['hookAnswered', answer],
    (error: unknown): HookEnd => ['hookFailed', describe(error)],
  );
  const dropped = clock
    .sleep(bound, signal)
    .then((): HookEnd => [
      'hookFailed',
      gone.aborted ? 'the container was gone' : `no answer within ${bound / 1000} s`,
    ]);
  const end = await Promise.race(answered ? [answered, dropped] : [dropped]);
  over.abort();
  journal.write(container.name, ...end);
}

type HookEnd = ['hookAnswered' | 'hookFailed', string];

function describe(error: unknown): string {
  return error instanceof Error ? error.message || error.name : String(error);
}
