import type { IncomingMessage, ServerResponse } from 'node:http';
import type { InFlight } from '../core/in-flight.js';
import { InvalidDrainOptionsError } from '../core/options.js';
import { DrainLog, stackOf } from './nest-logger.js';
import { breakOff } from './response.js';

/** One call of a management route. */
export interface ManagementCall {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** The port that it came in by. */
  readonly port: 'traffic' | 'management';
  /** Whether that port is a Unix socket, where a caller has no address. */
  readonly isUnixSocket: boolean;
}

/** A JSON answer. */
export interface ManagementAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** Answers one method. Without a result it has written to the response itself. */
export type ManagementHandler = (
  call: ManagementCall,
) => ManagementAnswer | void | Promise<ManagementAnswer | void>;

/** A path of the library's own: probes, shutdown, status page, metrics. */
export interface ManagementRoute {
  /** With or without its leading slash. */
  readonly path: string;
  /** The option that moves it, for error messages. */
  readonly option: string;
  /** Answers HEAD too. */
  readonly get?: ManagementHandler;
  readonly post?: ManagementHandler;
}

/**
 * The library's own routes. They stand before the application (law 8): no guard, prefix, filter,
 * parser or throttler of the application reaches them, and they are no work that a drain waits for.
 */
export class ManagementRoutes {
  readonly #logger = new DrainLog('GracefulShutdown');
  readonly #routes = new Map<string, ManagementRoute>();
  /** Of their paths. Every request comes by here, and their first letters tell nearly all of them. */
  readonly #initials = new Set<number>();

  /** @param work what a drain waits for; a call of these routes is taken out of it. */
  constructor(private readonly work: InFlight) {}

  /**
   * Added twice, a route counts once.
   * @throws InvalidDrainOptionsError when two routes want the same path.
   */
  add(route: ManagementRoute): void {
    const path = normalPath(route.path);
    const other = this.#routes.get(path);
    if (other && other !== route) {
      throw new InvalidDrainOptionsError([
        `\`${other.option}\` and \`${route.option}\` are both ${path}; set one of them to another path.`,
      ]);
    }
    this.#routes.set(path, route);
    this.#initials.add(initialsOf(path));
  }

  get size(): number {
    return this.#routes.size;
  }

  at(path: string): ManagementRoute | undefined {
    return this.#routes.get(normalPath(path));
  }

  isFor(request: IncomingMessage): boolean {
    return this.#routeOf(request) !== undefined;
  }

  #routeOf({ url = '' }: IncomingMessage): ManagementRoute | undefined {
    if (!this.#initials.has(initialsOf(url))) return undefined;
    const query = url.indexOf('?');
    return this.at(query < 0 ? url : url.slice(0, query));
  }

  /** @returns whether the call is for one of these routes. Then it is answered here. */
  answer(call: ManagementCall): boolean {
    const route = this.#routeOf(call.request);
    if (!route) return false;
    this.work.leave(call.response);
    void this.#run(route, call);
    return true;
  }

  async #run(route: ManagementRoute, call: ManagementCall): Promise<void> {
    const { request, response } = call;
    const { get, post } = route;
    const handlers: Record<string, ManagementHandler | undefined> = {
      GET: get,
      HEAD: get,
      POST: post,
    };
    try {
      const handler = handlers[request.method ?? ''];
      if (!handler) response.setHeader('Allow', methodsOf(handlers));
      const answer = handler ? await handler(call) : failure(405, `Cannot ${request.method} here.`);
      if (answer) send(response, answer);
    } catch (error) {
      this.#logger.error(`The answer of ${route.path} failed.`, stackOf(error));
      if (response.headersSent) breakOff(response);
      else send(response, failure(500, 'The answer failed; the log of this process says why.'));
    }
  }
}

const reasons: Readonly<Record<number, string>> = {
  403: 'Forbidden',
  405: 'Method Not Allowed',
  409: 'Conflict',
  500: 'Internal Server Error',
};

/** A refusal in the shape of Nest's own. */
export function failure(status: number, message: string): ManagementAnswer {
  return { status, body: { message, error: reasons[status], statusCode: status } };
}

function send(response: ServerResponse, { status, body }: ManagementAnswer): void {
  if (response.destroyed) return;
  const text = JSON.stringify(body);
  response
    .writeHead(status, {
      'Content-Type': 'application/json; charset=utf-8',
      'Content-Length': Buffer.byteLength(text),
      'Cache-Control': 'no-cache, no-store, must-revalidate',
    })
    .end(text);
}

function methodsOf(handlers: Record<string, unknown>): string {
  return Object.keys(handlers)
    .filter((method) => handlers[method])
    .join(', ');
}

/** What the first part of a path or a URL begins with, as one number. Two may have the same. */
function initialsOf(url: string): number {
  let initials = 0;
  for (let index = 1; index <= 4 && index < url.length; index += 1) {
    const code = url.charCodeAt(index);
    if (code === slash || code === questionMark) break;
    initials = (initials * 31 + code) | 0;
  }
  return initials;
}

const slash = '/'.charCodeAt(0);
const questionMark = '?'.charCodeAt(0);

/** One leading slash, none behind. Case counts, as in a manifest. */
function normalPath(path: string): string {
  let end = path.length;
  while (end > 0 && path[end - 1] === '/') end -= 1;
  const trimmed = path.slice(0, end);
  return trimmed.startsWith('/') ? trimmed : `/${trimmed}`;
}
