import { type Container, probeNames } from '../../model/container.js';
import { type Rule } from '../../rule.js';
import { afterDeadHook, deadHook, hookFor } from './hook.js';

export const preStopPath: Rule = {
  id: 'pre-stop-path',
  severity: 'error',
  title: 'The preStop hook calls a path that does not wait',
  why: "The kubelet never looks at a hook's status: a page, a probe or a 404 answers at once, and SIGTERM follows some milliseconds later.",
  *check({ servers }) {
    for (const { workload, container } of servers) {
      const { http, path } = container.preStop;
      if (!http || path === undefined || !answersAtOnce(path, container)) continue;
      yield {
        resource: workload.resource,
        field: http.at('path'),
        message: `${path} answers at once. ${afterDeadHook(container)}`,
        edits: [hookFor(container)],
        ...deadHook(container),
      };
    }
  },
};

function answersAtOnce(path: string, container: Container): boolean {
  const probed = probeNames.map((name) => container.probe(name).at('httpGet', 'path').text);
  const status = /^\/?$|\/(health|healthz|live|livez|ready|readyz|metrics|shutdown\/status)\/?$/;
  return status.test(path) || probed.includes(path);
}
