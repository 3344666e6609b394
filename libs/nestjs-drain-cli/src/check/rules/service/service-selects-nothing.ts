import { isDecidedByTemplate } from '../../model/selector.js';
import { type Rule } from '../../rule.js';
import { matchLabelsOf, nearestWorkload } from './near.js';

export const serviceSelectsNothing: Rule = {
  id: 'service-selects-nothing',
  severity: 'error',
  title: 'The Service selects no pod',
  why: 'A Service whose selector matches nothing has no endpoint: every request through it is refused.',
  *check(manifests) {
    for (const service of manifests.ofKind('Service')) {
      const selector = service.spec.at('selector');
      if (service.group !== '' || selector.entries.length === 0) continue;
      if (!isDecidedByTemplate(selector)) continue;
      if (manifests.workloads.length === 0 || manifests.workloadsOf(service).length > 0) continue;
      const near = nearestWorkload(service, selector, manifests);
      yield {
        resource: service,
        field: selector,
        message: `Its selector matches no pod in the input${near ? `; ${near.resource.toString()} is near` : ''}.`,
        // The pods may come from elsewhere.
        ...(near ? {} : { severity: 'note', advice: '# Pass the manifest of its pods as well.' }),
        edits: near ? [{ field: selector, value: matchLabelsOf(near) }] : [],
      };
    }
  },
};
