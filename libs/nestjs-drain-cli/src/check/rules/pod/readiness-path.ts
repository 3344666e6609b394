import { type Rule } from '../../rule.js';
import { pathOf } from './probe-edits.js';

export const readinessPath: Rule = {
  id: 'readiness-path',
  severity: 'warning',
  title: 'The readiness probe asks a path that stays 200 while draining',
  why: 'Liveness stays 200 during a drain, on purpose. A readiness probe on that path never takes a draining pod out of rotation: a drain that was begun by POST /shutdown/initiate, or by a signal without a deletion, keeps getting new connections and refuses them.',
  *check({ servers }) {
    for (const { workload, container } of servers) {
      const http = container.probe('readinessProbe').at('httpGet');
      const path = http.at('path').text ?? '/';
      if (!container.drains || !http.exists || !/^\/?$|\/(health|live)z?\/?$/.test(path)) continue;
      yield {
        resource: workload.resource,
        field: http.at('path'),
        message: `${path} answers 200 while ${container.name} drains.`,
        edits: [
          {
            field: http.at('path'),
            value: path.replace(/\/[^/]*\/?$/, '') + pathOf('readinessProbe'),
          },
        ],
      };
    }
  },
};
