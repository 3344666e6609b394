import { type Field } from '../../input/field.js';
import { type Resource } from '../../input/resource.js';
import { type Manifests, type Server } from '../../model/manifests.js';

/** The Services that an Ingress names. */
export function backendsOf({ spec }: Resource): Field[] {
  const paths = spec.at('rules').items.flatMap((rule) => rule.at('http', 'paths').items);
  return [spec.at('defaultBackend'), spec.at('backend'), ...paths.map((path) => path.at('backend'))]
    .flatMap((backend) => [backend.at('service', 'name'), backend.at('serviceName')])
    .filter((name) => name.exists);
}

/** Is the Ingress served by the controller of this class, or does it carry its annotations? */
export function isOfClass(ingress: Resource, name: RegExp, annotations: string): boolean {
  const named =
    ingress.spec.at('ingressClassName').text ??
    ingress.annotation('kubernetes.io/ingress.class').text;
  if (named !== undefined) return name.test(named);
  const keys = ingress.root.at('metadata', 'annotations').entries.map(([key]) => key);
  return keys.some((key) => key.startsWith(annotations));
}

/** The servers behind the Services that are named, each once. */
export function serversBehind(
  route: Resource,
  services: readonly Field[],
  manifests: Manifests,
): Server[] {
  return [...new Set(services.flatMap((service) => manifests.behind(route, service)))];
}

/** The Services that an Ingress names, as resources. */
export const servicesBehind = (route: Resource, manifests: Manifests): Resource[] => [
  ...new Set(
    backendsOf(route).flatMap((each) => manifests.named('Service', each.text, route) ?? []),
  ),
];
