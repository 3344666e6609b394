import { type Field } from '../../input/field.js';
import { type Resource } from '../../input/resource.js';
import { seconds } from '../../model/duration.js';
import { type Manifests } from '../../model/manifests.js';
import { type Rule } from '../../rule.js';
import { type Bound, tooShort } from './bound.js';
import { backendsOf, isOfClass, serversBehind } from './ingress.js';

const setting = 'proxy-read-timeout';
const community = 'nginx.ingress.kubernetes.io/';
const vendor = 'nginx.org/';

export const ingressNginxTimeout: Rule = {
  id: 'ingress-nginx-timeout',
  severity: 'warning',
  title: 'nginx cuts a stream that is silent for a minute',
  why: `nginx closes a response when nothing was read from the pod for ${setting} (60 s by default): a model that thinks, or a subscription without an event, is cut while everything is well.`,
  fix: `Sets ${setting} to the drain's timeout.`,
  *check(manifests) {
    yield* tooShort(nginxIngresses(manifests).map((each) => boundOf(each, manifests)));
  },
};

export const nginxIngresses = (manifests: Manifests): Resource[] =>
  manifests
    .ofKind('Ingress')
    .filter((each) => isOfClass(each, /nginx/, community) || isOfClass(each, /nginx/, vendor));

function boundOf(ingress: Resource, manifests: Manifests): Bound {
  const field = nginxAnnotation(ingress, setting);
  const set = field.exists ? field : globally(manifests);
  const isVendor = field.path.includes(vendor + setting);
  return {
    resource: ingress,
    field,
    name: setting,
    seconds: seconds(set?.text) ?? 60,
    isOfSilence: true,
    isDefault: set === undefined,
    servers: serversBehind(ingress, backendsOf(ingress), manifests),
    write: (needed) => `${needed}${isVendor ? 's' : ''}`,
  };
}

/** The annotation of the controller that the Ingress is written for. */
export function nginxAnnotation(ingress: Resource, name: string): Field {
  const isVendor = ingress.root
    .at('metadata', 'annotations')
    .entries.some(([key]) => key.startsWith(vendor));
  return ingress.annotation((isVendor ? vendor : community) + name);
}

/** The controller's own ConfigMap, when it is in the input. */
function globally(manifests: Manifests): Field | undefined {
  return manifests
    .ofKind('ConfigMap')
    .map((each) => each.root.at('data', setting))
    .find((field) => field.exists);
}
