import { type Field } from '../field.js';
import { type Rule } from '../rule.js';

export const preStopMethod: Rule = {
  id: 'pre-stop-method',
  severity: 'error',
  title: 'The preStop hook needs a POST, and the kubelet only sends GET',
  why: 'An httpGet hook is always a GET. A route that only knows POST answers 405, which the kubelet takes for success: SIGTERM follows at once and nothing has been drained. There is no httpPost and no method field.',
  remedy: `lifecycle:
  preStop:
    httpGet:
      path: /shutdown/wait # answers GET and POST
      port: http`,
  *check({ workloads }) {
    for (const workload of workloads) {
      for (const { preStop } of workload.containers) {
        const field = posting(preStop.field);
        if (!field) continue;
        yield {
          resource: workload.resource,
          field,
          message: `${field.path.at(-1)}${field.at('path').exists ? '' : `: ${field.text ?? ''}`} asks for a POST; the hook will be a GET.`,
        };
      }
    }
  },
};

/** The field that asks for a POST: an invented handler or method, or a route that only knows POST. */
function posting(preStop: Field): Field | undefined {
  const invented = [preStop.at('httpPost'), preStop.at('httpGet', 'method')];
  const path = preStop.at('httpGet', 'path');
  const onlyPost = /\/shutdown\/(initiate|reset)\/?$/.test(path.text ?? '') ? [path] : [];
  return [...invented, ...onlyPost].find((field) => field.exists);
}
