import { type Container } from '../container.js';
import { drainTime } from '../drain-settings.js';
import { type Problem, type Rule } from '../rule.js';
import { type Workload } from '../workload.js';

/** Seconds left for Nest's own hooks after the drain, in the value that is proposed. */
const margin = 10;

export const graceTooShort: Rule = {
  id: 'grace-too-short',
  severity: 'error',
  title: 'The grace period ends before the drain',
  why: 'The kubelet sends SIGKILL when terminationGracePeriodSeconds have passed, hook time included. A drain may last timeout + flushTimeout, and a sleep in the preStop hook comes on top: every stream still open at the kill is cut without a farewell.',
  remedy: `spec:
  terminationGracePeriodSeconds: 330 # > preStop sleep + timeout + flushTimeout
  containers:
    - name: app
      env:
        - { name: GRACEFUL_SHUTDOWN_TIMEOUT, value: '300' }`,
  fix: 'Raises terminationGracePeriodSeconds to the sum and 10 seconds.',
  *check({ workloads }) {
    for (const workload of workloads) {
      const needs = workload.containers.map(need);
      const [worst] = needs.sort((one, other) => other.seconds - one.seconds);
      const short = worst && worst.seconds > 0 && workload.grace <= worst.seconds;
      if (short) yield problem(workload, worst);
    }
  },
};

interface Need {
  readonly seconds: number;
  readonly sum: string;
}

function need({ preStop, drain }: Container): Need {
  const draining = drainTime(drain) ?? 0;
  const timeout = drain?.timeout?.seconds ?? 0;
  const parts = [
    ...(preStop.sleep > 0 ? [`preStop sleep ${preStop.sleep}`] : []),
    ...(draining > 0 ? [`timeout ${timeout} + flushTimeout ${draining - timeout}`] : []),
  ];
  return { seconds: preStop.sleep + draining, sum: parts.join(' + ') };
}

function problem(workload: Workload, { seconds, sum }: Need): Problem {
  const field = workload.pod.at('terminationGracePeriodSeconds');
  const proposed = Math.ceil(seconds) + margin;
  return {
    resource: workload.resource,
    field,
    message: `SIGKILL comes after ${workload.grace} s${field.exists ? '' : ' (the default)'}, but ${sum} needs more than ${seconds} s.`,
    remedy: `spec:\n  terminationGracePeriodSeconds: ${proposed}`,
    edits: [{ field, value: proposed }],
  };
}
