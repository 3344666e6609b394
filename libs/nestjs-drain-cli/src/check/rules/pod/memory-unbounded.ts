import { type Rule } from '../../rule.js';

export const memoryUnbounded: Rule = {
  id: 'memory-unbounded',
  severity: 'note',
  title: 'No request or no limit for memory',
  why: 'When memory runs out on the node, the kubelet ends pods without a request first, with a grace of its own or none, and the kernel kills the process that grew: no hook, no drain, every stream cut. Streams hold memory for as long as they last.',
  *check({ servers }) {
    for (const { workload, container } of servers) {
      const resources = container.field.at('resources');
      const missing = (['requests', 'limits'] as const).filter(
        (name) => !resources.at(name, 'memory').exists,
      );
      // A limit alone is taken for the request as well.
      if (!missing.includes('limits') && missing.includes('requests')) continue;
      if (missing.length === 0) continue;
      yield {
        resource: workload.resource,
        field: resources,
        message: `${container.name} has no memory ${missing.join(' and no ')}.`,
        edits: missing.map((name) => ({
          field: resources.at(name, 'memory'),
          value: name === 'requests' ? '256Mi' : '512Mi',
        })),
      };
    }
  },
};
