import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import type { ManagementCall } from '../compat/management-routes.js';
import type { ControlOptions } from './options.js';
import { Peers } from './peers.js';
import { isFromProxy } from './proxy-headers.js';

/**
 * What a caller wants.
 * - `page`: the status page, which holds nothing; a browser that opens it can send no token.
 * - `look`: the state of this process.
 * - `wait`: start the drain by GET, as the kubelet's preStop hook does.
 * - `change`: start or take back the drain.
 */
export type ControlAction = 'page' | 'look' | 'wait' | 'change';

/**
 * Who may end this process (README, "Security"). It fails closed: a call that another program has
 * passed on, a browser and a name in `Host` (DNS rebinding) are refused, because the kubelet and a
 * person inside the pod need none of them.
 */
export class Access {
  readonly #peers: Peers;

  constructor(private readonly options: ControlOptions) {
    this.#peers = new Peers(options.allow);
  }

  /** Why this call is refused, with what to do; undefined if it is allowed. */
  refusalOf(call: ManagementCall, action: ControlAction): string | undefined {
    const { headers } = call.request;
    if (isFromProxy(headers)) return 'Not through a proxy: call the pod directly.';
    if (isFromOtherSite(headers)) return 'Not from a web page of another site.';
    if (this.options.token === undefined) return this.#withoutToken(call, action);
    if (action !== 'page' && !this.#hasToken(headers.authorization)) {
      return 'Send `Authorization: Bearer` with the token of `control.token`.';
    }
    return this.#outside(call, action !== 'page');
  }

  #withoutToken(call: ManagementCall, action: ControlAction): string | undefined {
    const { headers } = call.request;
    if (!isAddressOrLocalhost(headers.host ?? authorityOf(headers))) {
      return 'Call it by its IP address, not by a name, or set `control.token`.';
    }
    const changes = action === 'wait' || action === 'change';
    if (changes && isBrowser(headers)) return 'Not from a browser, unless `control.token` is set.';
    return this.#outside(call, false) ?? (changes ? this.#mayNotChange(call, action) : undefined);
  }

  /** The peer's address, which a token does not replace, except where there is none. */
  #outside({ isUnixSocket, request }: ManagementCall, hasToken: boolean): string | undefined {
    const { allow } = this.options;
    if (isUnixSocket) {
      if (allow?.includes('unix') || (hasToken && allow === undefined)) return undefined;
      return 'A Unix socket is usually the way in of a proxy: add "unix" to `control.allow`, or set `control.token`.';
    }
    if (this.#peers.has(request.socket.remoteAddress)) return undefined;
    return 'Your address may not call this: add it to `control.allow`.';
  }

  #mayNotChange(call: ManagementCall, action: ControlAction): string | undefined {
    if (call.port === 'management' || this.options.allow !== undefined) return undefined;
    if (action === 'wait' && isKubelet(call.request)) return undefined;
    if (isLoopback(call.request.socket.remoteAddress)) return undefined;
    return (
      'Only the kubelet and this pod itself may do this: call it inside the pod, or set `control.token`, ' +
      '`control.port` or `control.allow`.'
    );
  }

  #hasToken(authorization = ''): boolean {
    // Digests have one length, so the comparison takes one time.
    const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
    return timingSafeEqual(digest(authorization), digest(`Bearer ${this.options.token}`));
  }
}

/** The kubelet's preStop hook: `User-Agent: kube-lifecycle/1.36`. Any pod can write that, too. */
export function isKubelet({ method, headers }: IncomingMessage): boolean {
  return method === 'GET' && headers['user-agent']?.startsWith('kube-lifecycle/') === true;
}

const loopback = new Peers(['127.0.0.0/8', '::1/128']);
export const isLoopback = (address: string | undefined): boolean => loopback.has(address);

const authorityOf = (headers: IncomingHttpHeaders): string | undefined =>
  headers[':authority'] as string | undefined;

function isAddressOrLocalhost(host = ''): boolean {
  const name = /^\[([^\]]*)\](?::\d+)?$/.exec(host)?.[1] ?? host.replace(/:\d+$/, '');
  return isIP(name) !== 0 || name.toLowerCase() === 'localhost';
}

/** An address without TLS gets no `Sec-Fetch-Site`, and no `Origin` with a GET: the name is left. */
function isBrowser(headers: IncomingHttpHeaders): boolean {
  const own = ['sec-fetch-site', 'sec-fetch-dest', 'sec-ch-ua', 'origin'];
  return (
    own.some((name) => headers[name] !== undefined) ||
    headers['user-agent']?.startsWith('Mozilla/') === true
  );
}

function isFromOtherSite(headers: IncomingHttpHeaders): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined) return site !== 'same-origin' && site !== 'none';
  const { origin } = headers;
  const host = headers.host ?? authorityOf(headers);
  return origin !== undefined && origin !== `http://${host}` && origin !== `https://${host}`;
}
