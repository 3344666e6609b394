import { type Server } from '../../model/manifests.js';
import { knowing, type Problem, type Rule } from '../../rule.js';

/** Seconds left for hooks and the exit after the drain, in the value that is proposed: docs/operations.md. */
const margin = 5;
/** The library's default; it is small, and rarely changed. */
const defaultFlushTimeout = 2;

export const graceTooShort: Rule = {
  id: 'grace-too-short',
  severity: 'error',
  title: 'The grace period ends before the drain',
  why: 'The kubelet sends SIGKILL when terminationGracePeriodSeconds have passed, hook time included. A drain may last timeout + flushTimeout, and a sleep in the preStop hook comes on top: every stream still open at the kill is cut without a farewell.',
  fix: 'Raises terminationGracePeriodSeconds to the sum and 5 seconds.',
  *check({ servers }) {
    for (const server of servers.filter(({ workload }) => workload.hasHooks)) {
      const { workload, container } = server;
      const { sleep } = container.preStop;
      if (workload.grace === 0) {
        yield { ...problem(server, 30, ''), message: 'SIGKILL comes at once: the grace is 0.' };
        continue;
      }
      if (sleep >= workload.grace) {
        yield problem(server, sleep, `a preStop sleep of ${sleep} s`);
        continue;
      }
      yield* knowing(server, ['timeout'], function* ({ timeout }) {
        const flush = container.settings.get('flushTimeout')?.seconds ?? defaultFlushTimeout;
        const needed = sleep + timeout.seconds + flush;
        if (workload.grace > needed) return;
        const hook = sleep > 0 ? `preStop sleep ${sleep} + ` : '';
        yield problem(server, needed, `${hook}timeout ${timeout.seconds} + flushTimeout ${flush}`);
      });
    }
  },
};

function problem({ workload }: Server, seconds: number, sum: string): Problem {
  const field = workload.pod.at('terminationGracePeriodSeconds');
  const value = Math.ceil(seconds) + margin;
  return {
    resource: workload.resource,
    field,
    message: `SIGKILL comes after ${workload.grace} s${field.exists ? '' : ' (the default)'}, but ${sum} needs more than ${seconds} s: set at least ${value}.`,
    edits: [{ field, value }],
  };
}
