import { type Rule } from '../../rule.js';

export const graceDeclaredWrong: Rule = {
  id: 'grace-declared-wrong',
  severity: 'warning',
  title: "The grace that the service is given is not the pod's",
  why: 'The service checks its drain against terminationGracePeriod. When that is another time than the kubelet uses, a drain that outlives the pod passes the check, and SIGKILL cuts what is left.',
  fix: "Sets the variable or annotation to the pod's terminationGracePeriodSeconds.",
  *check({ servers }) {
    for (const { workload, container } of servers) {
      const declared = container.settings.get('terminationGracePeriod');
      if (!declared || declared.seconds === workload.grace || !workload.hasHooks) continue;
      const { field } = declared;
      yield {
        resource: workload.resource,
        field: field ?? workload.pod.at('terminationGracePeriodSeconds'),
        message: `The service counts on ${declared.seconds} s; the kubelet waits ${workload.grace} s.`,
        edits: field
          ? [{ field, value: String(workload.grace) }]
          : [
              {
                field: workload.pod.at('terminationGracePeriodSeconds'),
                value: declared.seconds,
              },
            ],
      };
    }
  },
};
