import { roleAnnotation } from '../../model/role.js';
import { type Rule } from '../../rule.js';

export const trafficUnclear: Rule = {
  id: 'traffic-unclear',
  severity: 'note',
  title: 'Nothing says whether the workload takes requests',
  why: 'No Service in the input selects its pods, and no port and no HTTP probe is declared. It is judged as a service, because what is not understood is not in order. For a worker most findings do not count.',
  *check({ unclear }) {
    for (const { resource, template } of unclear) {
      yield {
        resource,
        field: resource.root.at('metadata', 'name'),
        message: `${resource.toString()} is judged as if it answers clients. Say whether it does.`,
        advice: '# worker, when it answers none',
        edits: [
          { field: template.at('metadata', 'annotations', roleAnnotation), value: 'service' },
        ],
      };
    }
  },
};
