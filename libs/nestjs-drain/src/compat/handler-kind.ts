import { isRouteHandler, PATTERN } from './nest-routes.js';

/** Which part of Nest answers a caller with what a method returns. */
export type HandlerKind = 'route' | 'message' | 'gateway' | 'resolver';

/** By the metadata that Nest 11 and 12 leave on such methods. Their packages are optional here. */
const metadata = {
  message: [PATTERN],
  gateway: ['websockets:message_mapping'],
  resolver: ['graphql:resolver_type', 'graphql:resolve_property', 'graphql:resolve_reference'],
} as const;

export function handlerKindOf(method: object): HandlerKind | undefined {
  if (isRouteHandler(method)) return 'route';
  const kinds = Object.keys(metadata) as (keyof typeof metadata)[];
  return kinds.find((kind) => metadata[kind].some((key) => Reflect.hasMetadata(key, method)));
}
