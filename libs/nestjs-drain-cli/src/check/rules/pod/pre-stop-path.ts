import { type Container, probeNames } from '../../model/container.js';
import { type Edit, type Rule, type Severity } from '../../rule.js';
import { afterDeadHook, deadHook, hookFor } from './hook.js';

export const preStopPath: Rule = {
  id: 'pre-stop-path',
  severity: 'error',
  title: 'The preStop hook calls a path that does not wait',
  why: "The kubelet never looks at a hook's status: a page, a probe or a 404 answers at once, and SIGTERM follows some milliseconds later.",
  *check({ servers }) {
    for (const { workload, container } of servers) {
      const { http, path } = container.preStop;
      const judged = http && path !== undefined ? judge(path, container) : undefined;
      if (!http || !judged) continue;
      yield {
        resource: workload.resource,
        field: http.at('path'),
        edits: [hookFor(container)],
        ...judged,
        ...deadHook(container),
      };
    }
  },
};

interface Judged {
  readonly message: string;
  readonly severity?: Severity;
  readonly edits?: readonly Edit[];
}

function judge(path: string, container: Container): Judged | undefined {
  const { preStop, settings } = container;
  if (answersAtOnce(path, container)) {
    return { message: `${path} answers at once. ${afterDeadHook(container)}` };
  }
  const { meantPath } = preStop;
  if (meantPath !== undefined) {
    return {
      message: `${path} is no route of nestjs-drain; did you mean ${meantPath}? A 404 answers at once. ${afterDeadHook(container)}`,
      edits: [{ field: preStop.field.at('httpGet', 'path'), value: meantPath }],
    };
  }
  if (preStop.drains || !settings.areDeclared) return undefined;
  return {
    message: `${path} is no route of nestjs-drain. Where it is none of your own that waits, a 404 answers at once. ${afterDeadHook(container)}`,
    severity: 'warning',
  };
}

function answersAtOnce(path: string, container: Container): boolean {
  const probed = probeNames.map((name) => container.probe(name).at('httpGet', 'path').text);
  const status = /^\/?$|\/(health|healthz|live|livez|ready|readyz|metrics|shutdown\/status)\/?$/;
  return status.test(path) || probed.includes(path);
}
