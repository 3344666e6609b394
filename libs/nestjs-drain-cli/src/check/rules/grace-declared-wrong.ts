import { type Rule } from '../rule.js';

const variable = 'TERMINATION_GRACE_PERIOD_SECONDS';

export const graceDeclaredWrong: Rule = {
  id: 'grace-declared-wrong',
  severity: 'warning',
  title: `${variable} is not the pod's grace`,
  why: 'The service checks its drain against the grace it was told. When it was told another one than the kubelet uses, a drain that outlives the pod passes that check, and SIGKILL cuts what is left.',
  remedy: `spec:
  terminationGracePeriodSeconds: 330
  containers:
    - name: app
      env:
        - { name: ${variable}, value: '330' }`,
  fix: `Sets ${variable} to the pod's terminationGracePeriodSeconds.`,
  *check({ workloads }) {
    for (const workload of workloads) {
      for (const container of workload.containers) {
        const field = container.environment.get(variable);
        if (!field || field.number === workload.grace) continue;
        yield {
          resource: workload.resource,
          field,
          message: `The service is told ${field.text} s; the kubelet waits ${workload.grace} s.`,
          remedy: `- name: ${variable}\n  value: '${workload.grace}'`,
          edits: [{ field, value: String(workload.grace) }],
        };
      }
    }
  },
};
