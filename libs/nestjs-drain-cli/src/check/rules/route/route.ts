import { Field } from '../../input/field.js';
import { type Resource } from '../../input/resource.js';
import { type Manifests, sameNamespace } from '../../model/manifests.js';

/** One rule of a route: the Services it leads to, and the fields that bound a response. */
export interface Route {
  readonly resource: Resource;
  readonly services: readonly Field[];
  readonly timeouts: readonly Timeout[];
}

/** A field that bounds a response. */
export interface Timeout {
  readonly field: Field;
  readonly unit?: 'ms';
  /** Seconds, when it is absent; none: no bound. */
  readonly fallback?: number;
}

/** The routes of a gateway's or a mesh's resource; none for other kinds. */
export function routesOf(resource: Resource, manifests: Manifests): Route[] {
  switch (`${resource.group}/${resource.kind}`) {
    case 'gateway.networking.k8s.io/HTTPRoute':
    case 'gateway.networking.k8s.io/GRPCRoute':
    case 'policy.linkerd.io/HTTPRoute':
    case 'policy.linkerd.io/GRPCRoute':
      return gatewayRoute(resource);
    case 'networking.istio.io/VirtualService':
      return virtualService(resource);
    case 'networking.istio.io/DestinationRule':
      return destinationRule(resource);
    case 'projectcontour.io/HTTPProxy':
      return httpProxy(resource);
    case 'gateway.envoyproxy.io/BackendTrafficPolicy':
      return trafficPolicy(resource, manifests);
    case 'getambassador.io/Mapping':
      return mapping(resource);
    case 'linkerd.io/ServiceProfile':
      return serviceProfile(resource);
    case '/Service':
      return linkerdService(resource);
    case 'serving.knative.dev/Service':
      return knative(resource);
    default:
      return [];
  }
}

const only = (...fields: Field[]): Timeout[] => fields.map((field) => ({ field }));

const linkerdAnnotations = (resource: Resource): Timeout[] =>
  only(
    resource.annotation('timeout.linkerd.io/request'),
    resource.annotation('timeout.linkerd.io/response'),
    resource.annotation('timeout.linkerd.io/idle'),
  );

const gatewayRoute = (resource: Resource): Route[] => [
  ...resource.spec.at('rules').items.map((rule) => ({
    resource,
    services: rule.at('backendRefs').items.map((backend) => backend.at('name')),
    timeouts: only(rule.at('timeouts', 'request'), rule.at('timeouts', 'backendRequest')),
  })),
  {
    resource,
    services: resource.spec
      .at('rules')
      .items.flatMap((rule) => rule.at('backendRefs').items.map((each) => each.at('name'))),
    timeouts: linkerdAnnotations(resource),
  },
];

const virtualService = (resource: Resource): Route[] =>
  resource.spec.at('http').items.map((rule) => ({
    resource,
    services: rule.at('route').items.map((each) => shortName(each.at('destination', 'host'))),
    timeouts: only(rule.at('timeout')),
  }));

/** Bounds of a pool of connections: of a silent one, and of any one's whole life. */
const destinationRule = (resource: Resource): Route[] => {
  const pool = resource.spec.at('trafficPolicy', 'connectionPool');
  return [
    {
      resource,
      services: [shortName(resource.spec.at('host'))],
      timeouts: only(
        pool.at('http', 'idleTimeout'),
        pool.at('tcp', 'idleTimeout'),
        pool.at('tcp', 'maxConnectionDuration'),
      ),
    },
  ];
};

const httpProxy = (resource: Resource): Route[] =>
  resource.spec.at('routes').items.map((rule) => ({
    resource,
    services: rule.at('services').items.map((service) => service.at('name')),
    timeouts: only(rule.at('timeoutPolicy', 'response'), rule.at('timeoutPolicy', 'idle')),
  }));

function trafficPolicy(resource: Resource, manifests: Manifests): Route[] {
  const targets = [resource.spec.at('targetRef'), ...resource.spec.at('targetRefs').items];
  const routes = manifests
    .ofKind('HTTPRoute', 'GRPCRoute')
    .filter((route) => sameNamespace(route, resource))
    .filter((route) => targets.some((target) => target.at('name').text === route.name));
  const services = routes.flatMap(gatewayRoute).flatMap((route) => route.services);
  const http = resource.spec.at('timeout', 'http');
  return [
    {
      resource,
      services,
      timeouts: only(http.at('requestTimeout'), http.at('connectionIdleTimeout')),
    },
  ];
}

/** Emissary ends a request after 3 s unless it is told otherwise. */
const mapping = (resource: Resource): Route[] => [
  {
    resource,
    services: [serviceOf(resource.spec.at('service'))],
    timeouts: [
      { field: resource.spec.at('timeout_ms'), unit: 'ms', fallback: 3 },
      { field: resource.spec.at('idle_timeout_ms'), unit: 'ms' },
    ],
  },
];

const serviceProfile = (resource: Resource): Route[] => {
  const service = new Field(
    resource.root.document,
    resource.root.at('metadata', 'name').path,
    resource.name.split('.')[0],
  );
  return resource.spec.at('routes').items.map((route) => ({
    resource,
    services: [service],
    timeouts: only(route.at('timeout')),
  }));
};

const linkerdService = (resource: Resource): Route[] => [
  {
    resource,
    services: [resource.root.at('metadata', 'name')],
    timeouts: linkerdAnnotations(resource),
  },
];

/** A revision's requests end after timeoutSeconds (300 by default), which is the pod's grace as well. */
const knative = (resource: Resource): Route[] => {
  const spec = resource.spec.at('template', 'spec');
  return [
    {
      resource,
      services: [resource.root.at('metadata', 'name')],
      timeouts: [
        { field: spec.at('timeoutSeconds'), fallback: 300 },
        { field: spec.at('responseStartTimeoutSeconds') },
        { field: spec.at('idleTimeoutSeconds') },
      ],
    },
  ];
};

/** `app`, `app.prod` and `app.prod.svc.cluster.local` are the Service app. */
function shortName(host: Field): Field {
  return new Field(host.document, host.path, host.text?.split('.')[0]);
}

/** `app`, `app.prod:8080` and `http://app:80` are the Service app. */
function serviceOf(service: Field): Field {
  const name = service.text?.replace(/^\w+:\/\//, '').split(/[.:]/)[0];
  return new Field(service.document, service.path, name);
}
