import type { IncomingMessage, ServerResponse } from 'node:http';

/** Characters of a path in a log line: a client decides how long it is. */
const longest = 100;

/** What Express adds to Node's request. Fastify keeps its own beside it, and nothing leads from Node's to that. */
interface ExpressRequest extends IncomingMessage {
  /** The path as it came; a router that is mounted changes `url`. */
  readonly originalUrl?: string;
  readonly baseUrl?: string;
  readonly route?: { readonly path?: unknown };
}

/**
 * Names a request for a log line, such as `GET /reports/:id`: by its route where Express has found one, and otherwise by
 * its path. Without its query string, which may hold a secret.
 */
export function requestName({ req }: ServerResponse): string {
  const { method, url = '', originalUrl = url, baseUrl = '', route } = req as ExpressRequest;
  const [path = ''] = originalUrl.split('?', 1);
  const shown = path.length > longest ? `${path.slice(0, longest - 1)}…` : path;
  return `${method} ${typeof route?.path === 'string' ? baseUrl + route.path : shown}`;
}
