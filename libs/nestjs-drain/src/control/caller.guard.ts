import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import {
  ForbiddenException,
  Inject,
  Injectable,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import { rawOf } from '../compat/frameworks.js';
import { CONTROL_ACCESS, type ControlAccess } from './options.js';
import { Peers } from './peers.js';

/**
 * Lets in who may end this process: by default the kubelet and the pod itself. A forwarded request
 * is somebody else's, whatever address it claims; a browser's cross-site request is never meant.
 * @throws ForbiddenException before anything changes.
 */
@Injectable()
export class ControlGuard implements CanActivate {
  readonly #peers: Peers;

  constructor(@Inject(CONTROL_ACCESS) private readonly options: ControlAccess) {
    this.#peers = new Peers(options.allow);
  }

  canActivate(context: ExecutionContext): boolean {
    const request = rawOf(context.switchToHttp().getRequest<IncomingMessage>());
    const refusal = this.#refusalOf(request);
    if (refusal) throw new ForbiddenException(refusal);
    return true;
  }

  #refusalOf({ headers, socket }: IncomingMessage): string | undefined {
    if (Object.keys(headers).some(isForwarding))
      return 'Not through a proxy: call the pod directly.';
    if (isCrossSite(headers)) return 'Not from a web page of another site.';
    if (!this.#peers.has(socket.remoteAddress)) {
      return 'Your address may not call this: add it to `control.allow`.';
    }
    if (this.options.token !== undefined && !this.#hasToken(headers.authorization)) {
      return 'Send `Authorization: Bearer` with the token of `control.token`.';
    }
    return undefined;
  }

  #hasToken(authorization = ''): boolean {
    // Digests have one length, so the comparison takes one time.
    const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
    return timingSafeEqual(digest(authorization), digest(`Bearer ${this.options.token}`));
  }
}

function isForwarding(header: string): boolean {
  return header === 'forwarded' || header === 'via' || header.startsWith('x-forwarded-');
}

function isCrossSite(headers: IncomingMessage['headers']): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined) return site !== 'same-origin' && site !== 'none';
  return (
    headers.origin !== undefined &&
    headers.origin !== `http://${headers.host}` &&
    headers.origin !== `https://${headers.host}`
  );
}
