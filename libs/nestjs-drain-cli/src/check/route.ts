import { Field } from './field.js';
import { type Manifests, sameNamespace } from './manifests.js';
import { type Resource } from './resource.js';

/** One rule of a route: the Services it leads to, and the fields that bound a whole response. */
export interface Route {
  readonly resource: Resource;
  readonly services: readonly Field[];
  readonly timeouts: readonly Field[];
}

/** The routes of a Gateway API, Istio, Contour or Envoy Gateway resource; none for other kinds. */
export function routesOf(resource: Resource, manifests: Manifests): Route[] {
  switch (`${resource.group}/${resource.kind}`) {
    case 'gateway.networking.k8s.io/HTTPRoute':
      return httpRoute(resource);
    case 'networking.istio.io/VirtualService':
      return virtualService(resource);
    case 'projectcontour.io/HTTPProxy':
      return httpProxy(resource);
    case 'gateway.envoyproxy.io/BackendTrafficPolicy':
      return trafficPolicy(resource, manifests);
    default:
      return [];
  }
}

const httpRoute = (resource: Resource): Route[] =>
  resource.spec.at('rules').items.map((rule) => ({
    resource,
    services: rule.at('backendRefs').items.map((backend) => backend.at('name')),
    timeouts: [rule.at('timeouts', 'request'), rule.at('timeouts', 'backendRequest')],
  }));

const virtualService = (resource: Resource): Route[] =>
  resource.spec.at('http').items.map((rule) => ({
    resource,
    services: rule.at('route').items.map((each) => shortName(each.at('destination', 'host'))),
    timeouts: [rule.at('timeout')],
  }));

const httpProxy = (resource: Resource): Route[] =>
  resource.spec.at('routes').items.map((rule) => ({
    resource,
    services: rule.at('services').items.map((service) => service.at('name')),
    timeouts: [rule.at('timeoutPolicy', 'response')],
  }));

function trafficPolicy(resource: Resource, manifests: Manifests): Route[] {
  const targets = [resource.spec.at('targetRef'), ...resource.spec.at('targetRefs').items];
  const routes = manifests
    .ofKind('HTTPRoute')
    .filter((route) => sameNamespace(route, resource))
    .filter((route) => targets.some((target) => target.at('name').text === route.name));
  const services = routes.flatMap(httpRoute).flatMap((route) => route.services);
  return [
    { resource, services, timeouts: [resource.spec.at('timeout', 'http', 'requestTimeout')] },
  ];
}

/** `app`, `app.prod` and `app.prod.svc.cluster.local` are the Service app. */
function shortName(host: Field): Field {
  return new Field(host.document, host.path, host.text?.split('.')[0]);
}
