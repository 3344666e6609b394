import { type Rule } from '../rule.js';

export const livenessOnReadiness: Rule = {
  id: 'liveness-on-readiness',
  severity: 'error',
  title: 'The liveness probe asks the readiness path',
  why: 'Readiness turns 503 while draining and while a dependency is away. On the liveness probe that restarts the container with all its streams. (For a deleted pod the kubelet stops probing liveness, but not for a drain that began otherwise: by POST /shutdown/initiate, or by a signal.)',
  remedy: `livenessProbe:
  httpGet: { path: /health, port: http } # 200 while draining
readinessProbe:
  httpGet: { path: /ready, port: http } # 503 while draining`,
  *check({ servers }) {
    for (const { workload, container } of servers) {
      const path = container.probe('livenessProbe').at('httpGet', 'path');
      if (!/\/(ready|readyz|readiness)\/?$/.test(path.text ?? '')) continue;
      yield {
        resource: workload.resource,
        field: path,
        message: `${path.text} fails while ${container.name} drains, and the container is restarted.`,
      };
    }
  },
};
