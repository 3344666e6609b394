import { type Field } from '../../input/field.js';
import { type Rule } from '../../rule.js';
import { afterDeadHook, deadHook } from './hook.js';

export const preStopMethod: Rule = {
  id: 'pre-stop-method',
  severity: 'error',
  title: 'The preStop hook needs a POST, and the kubelet only sends GET',
  why: 'An httpGet hook is always a GET. A route that only knows POST answers 405, which the kubelet takes for success. There is no httpPost and no method field.',
  *check({ workloads }) {
    for (const workload of workloads) {
      for (const container of workload.containers) {
        const field = posting(container.preStop.field);
        if (!field) continue;
        const path = String(container.preStop.path ?? field.at('path').text ?? '/shutdown/wait');
        const base = path.replace(/\/(wait|initiate|reset)\/?$/, '');
        const httpGet = { path: `${base}/wait`, port: container.ownPort };
        yield {
          resource: workload.resource,
          field,
          message: `${field.path.at(-1)}${field.at('path').exists ? '' : `: ${field.text ?? ''}`} asks for a POST; the hook will be a GET. ${afterDeadHook(container)}`,
          edits: [{ field: container.preStop.field, value: { httpGet } }],
          ...deadHook(container),
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
