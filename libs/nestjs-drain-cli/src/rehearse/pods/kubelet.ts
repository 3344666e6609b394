import { type Clock } from '../clock.js';
import { type Journal } from '../journal.js';
import { type StopSignal } from '../platform/platforms.js';

/** What the kubelet sees of a running container. */
export interface Container {
  readonly name: string;
  /** Resolves in words when the main process is gone. */
  readonly exited: Promise<string>;
  /** Runs the preStop hook; absent when the pod has none. Rejects when it could not run. */
  readonly preStop?: (signal: AbortSignal) => Promise<string>;
  terminate(signal: StopSignal): void;
  kill(): void;
}

export interface TerminationPlan {
  /** terminationGracePeriodSeconds, in milliseconds. */
  readonly gracePeriod: number;
  readonly signal: StopSignal;
  /** What is left of the grace after the hook is never less than this, in milliseconds. */
  readonly leastRest: number;
  /** When set, the kubelet restarts so many milliseconds after it sent the hook, and sends it again. */
  readonly kubeletRestart?: number;
}

/**
 * Terminates a container by the kubelet's rules: the hook first, whatever its status; the signal when it
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
    journal.write(container.name, plan.signal === 'SIGINT' ? 'sigint' : 'sigterm');
    container.terminate(plan.signal);
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
  { gracePeriod, kubeletRestart, leastRest }: TerminationPlan,
  clock: Clock,
  journal: Journal,
  gone: AbortSignal,
): Promise<number> {
  if (!container.preStop) return gracePeriod;
  if (kubeletRestart !== undefined) {
    const kubelet = new AbortController();
    const life = AbortSignal.any([gone, kubelet.signal]);
    await runHook(container, kubeletRestart, clock, journal, gone, life);
    kubelet.abort();
    if (!gone.aborted) journal.write(container.name, 'kubeletRestarted');
  }
  const begin = clock.now();
  if (!gone.aborted) await runHook(container, gracePeriod, clock, journal, gone, gone);
  const wholeSeconds = Math.floor((clock.now() - begin) / 1000) * 1000;
  return Math.max(gracePeriod - wholeSeconds, leastRest);
}

/**
 * One run of the hook, waited for `bound` milliseconds or until the container is gone. The kubelet does not
 * take back what it no longer waits for: the request stays open while `life` lasts, and the service can
 * see that its hook is unanswered when SIGTERM comes.
 */
async function runHook(
  container: Container,
  bound: number,
  clock: Clock,
  journal: Journal,
  gone: AbortSignal,
  life: AbortSignal,
): Promise<void> {
  const waited = new AbortController();
  journal.write(container.name, 'hookSent');
  const answered = container.preStop?.(life).then(
    (answer): HookEnd => ['hookAnswered', answer],
    (error: unknown): HookEnd => ['hookFailed', describe(error)],
  );
  const dropped = clock
    .sleep(bound, AbortSignal.any([gone, waited.signal]))
    .then((): HookEnd => [
      'hookFailed',
      gone.aborted ? 'the container was gone' : `no answer within ${bound / 1000} s`,
    ]);
  const end = await Promise.race(answered ? [answered, dropped] : [dropped]);
  waited.abort();
  journal.write(container.name, ...end);
}

type HookEnd = ['hookAnswered' | 'hookFailed', string];

function describe(error: unknown): string {
  return error instanceof Error ? error.message || error.name : String(error);
}
