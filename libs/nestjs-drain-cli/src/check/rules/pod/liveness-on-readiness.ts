import { type Rule } from '../../rule.js';
import { pathOf } from './probe-edits.js';

export const livenessOnReadiness: Rule = {
  id: 'liveness-on-readiness',
  severity: 'error',
  title: 'The liveness probe asks the readiness path',
  why: 'Readiness turns 503 while draining and while a dependency is away. On the liveness probe that restarts the container with all its streams. (For a deleted pod the kubelet stops probing liveness, but not for a drain that began otherwise: by POST /shutdown/initiate, or by a signal.)',
  *check({ servers }) {
    for (const { workload, container } of servers) {
      const path = container.probe('livenessProbe').at('httpGet', 'path');
      const [whole] = /\/(ready|readyz|readiness)\/?$/.exec(path.text ?? '') ?? [];
      if (!whole) continue;
      yield {
        resource: workload.resource,
        field: path,
        message: `${path.text} fails while ${container.name} drains, and the container is restarted.`,
        edits: [{ field: path, value: path.text?.replace(whole, pathOf('livenessProbe')) }],
      };
    }
  },
};
