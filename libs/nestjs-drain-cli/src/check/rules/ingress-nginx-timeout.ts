import { seconds } from '../duration.js';
import { type Field } from '../field.js';
import { backendsOf, isOfClass, longestStream } from '../ingress.js';
import { type Manifests } from '../manifests.js';
import { type Resource } from '../resource.js';
import { type Rule } from '../rule.js';

const setting = 'proxy-read-timeout';
const community = 'nginx.ingress.kubernetes.io/';
const vendor = 'nginx.org/';

export const ingressNginxTimeout: Rule = {
  id: 'ingress-nginx-timeout',
  severity: 'warning',
  title: 'nginx cuts a stream that is silent for a minute',
  why: `nginx closes a response when nothing was read from the pod for ${setting} (60 s by default): a model that thinks, or a subscription without an event, is cut while everything is well.`,
  remedy: `metadata:
  annotations:
    ${community}${setting}: '300' # at least the drain's timeout`,
  fix: `Sets ${setting} to the drain's timeout.`,
  *check(manifests) {
    for (const ingress of manifests.ofKind('Ingress')) {
      if (!isOfClass(ingress, /nginx/, community) && !isOfClass(ingress, /nginx/, vendor)) continue;
      const needed = longestStream(ingress, backendsOf(ingress), manifests);
      const field = annotation(ingress);
      const set = field.exists ? field : globally(manifests);
      const actual = seconds(set?.text) ?? 60;
      if (needed === undefined || actual >= needed) continue;
      const value = `${Math.ceil(needed)}${field.path.includes(vendor + setting) ? 's' : ''}`;
      yield {
        resource: ingress,
        field,
        message: `A stream that is silent for ${actual} s is cut; streams may last ${needed} s.`,
        remedy: `metadata:\n  annotations:\n    ${String(field.path.at(-1))}: '${value}'`,
        edits: [{ field, value }],
      };
    }
  },
};

function annotation(ingress: Resource): Field {
  const isVendor = ingress.root
    .at('metadata', 'annotations')
    .entries.some(([key]) => key.startsWith(vendor));
  return ingress.annotation((isVendor ? vendor : community) + setting);
}

/** The controller's own ConfigMap, when it is in the input. */
function globally(manifests: Manifests): Field | undefined {
  return manifests
    .ofKind('ConfigMap')
    .map((each) => each.root.at('data', setting))
    .find((field) => field.exists);
}
