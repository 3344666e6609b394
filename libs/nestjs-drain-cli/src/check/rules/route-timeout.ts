import { seconds } from '../duration.js';
import { longestStream } from '../ingress.js';
import { routesOf } from '../route.js';
import { type Rule } from '../rule.js';

export const routeTimeout: Rule = {
  id: 'route-timeout',
  severity: 'error',
  title: 'A route ends streams before they are done',
  why: 'The timeout of an HTTPRoute, VirtualService, HTTPProxy or BackendTrafficPolicy counts the whole response, streams included: the gateway cuts every stream that lasts longer, on any day, rollout or not.',
  remedy: `kind: HTTPRoute
spec:
  rules:
    - timeouts:
        request: 0s # no limit; or at least the drain's timeout
        backendRequest: 0s`,
  *check(manifests) {
    for (const route of manifests.resources.flatMap((each) => routesOf(each, manifests))) {
      const needed = longestStream(route.resource, route.services, manifests);
      for (const field of route.timeouts) {
        const actual = seconds(field.text);
        if (!actual || needed === undefined || actual >= needed) continue;
        yield {
          resource: route.resource,
          field,
          message: `${String(field.path.at(-1))} ${field.text} is shorter than the ${needed} s that a stream may last.`,
        };
      }
    }
  },
};
