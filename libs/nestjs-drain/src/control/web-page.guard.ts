import type { IncomingMessage } from 'node:http';
import {
  ForbiddenException,
  Injectable,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import { rawOf } from '../compat/frameworks.js';

/**
 * For a GET that changes something. To an address without TLS a browser sends no `Sec-Fetch-Site`,
 * and no `Origin` with a GET, so an image in any web page could call it; only its name gives it away.
 * @throws ForbiddenException before anything changes.
 */
@Injectable()
export class NotFromBrowserGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { headers } = rawOf(context.switchToHttp().getRequest<IncomingMessage>());
    const { 'sec-fetch-site': site, 'user-agent': agent } = headers;
    if (site !== undefined || !agent?.startsWith('Mozilla/')) return true;
    throw new ForbiddenException('Not from a web page: call it by POST, or without a browser.');
  }
}
