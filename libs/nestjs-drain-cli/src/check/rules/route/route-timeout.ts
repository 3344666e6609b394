import { seconds } from '../../model/duration.js';
import { type Manifests } from '../../model/manifests.js';
import { type Rule } from '../../rule.js';
import { type Bound, tooShort } from './bound.js';
import { serversBehind } from './ingress.js';
import { type Route, routesOf, type Timeout } from './route.js';

export const routeTimeout: Rule = {
  id: 'route-timeout',
  severity: 'error',
  title: 'A route ends streams before they are done',
  why: 'The timeout of a gateway or a mesh counts the whole response, streams included, or the time in which nothing is sent: the proxy cuts every stream that lasts longer, on any day, rollout or not. (HTTPRoute, GRPCRoute, VirtualService, DestinationRule, HTTPProxy, BackendTrafficPolicy, Mapping, Linkerd, Knative.)',
  fix: "Sets it to the drain's timeout.",
  *check(manifests) {
    const routes = manifests.resources.flatMap((each) => routesOf(each, manifests));
    yield* tooShort(routes.flatMap((each) => boundsOf(each, manifests)));
  },
};

function boundsOf({ resource, services, timeouts }: Route, manifests: Manifests): Bound[] {
  const set = timeouts.filter(({ field, fallback }) => field.exists || fallback !== undefined);
  if (set.length === 0) return [];
  const servers = serversBehind(resource, services, manifests);
  return set.map((timeout) => ({
    resource,
    field: timeout.field,
    name: String(timeout.field.path.at(-1)),
    seconds: actual(timeout),
    isDefault: !timeout.field.exists,
    servers,
    write: writer(timeout),
  }));
}

/** 0 and words such as `infinity` are no bound. */
function actual({ field, unit, fallback }: Timeout): number | undefined {
  if (!field.exists) return fallback;
  return (seconds(unit ? `${field.text}${unit}` : field.text) ?? 0) || undefined;
}

/** In the unit and the type that the field has. */
function writer({ field, unit }: Timeout): (needed: number) => unknown {
  if (unit === 'ms') return (needed) => needed * 1000;
  const isNumber = typeof field.value === 'number' || /Seconds$/.test(String(field.path.at(-1)));
  return (needed) => (isNumber ? needed : `${needed}s`);
}
