import { type Field } from './field.js';
import { type Manifests, type Server } from './manifests.js';
import { type Resource } from './resource.js';

/** The Services that an Ingress names. */
export function backendsOf({ spec }: Resource): Field[] {
  const paths = spec.at('rules').items.flatMap((rule) => rule.at('http', 'paths').items);
  return [spec.at('defaultBackend'), ...paths.map((path) => path.at('backend'))]
    .map((backend) => backend.at('service', 'name'))
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

/** How long a stream may last that is drained behind these Services: their timeout. */
export function longestStream(
  route: Resource,
  services: readonly Field[],
  manifests: Manifests,
): number | undefined {
  const behind = services.flatMap((service) => manifests.behind(route, service));
  return longestOf(behind);
}

export function longestOf(servers: readonly Server[]): number | undefined {
  const timeouts = servers.map(({ container }) => container.drain?.timeout?.seconds ?? 0);
  return Math.max(0, ...timeouts) || undefined;
}
