import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { BadRequestException } from '@nestjs/common';
import { keyedStreamId } from 'nestjs-drain-resume';
import { rawOf } from '../compat/fastify.js';
import type { ResumableExchange } from '../core/resumption.js';

type Named = Pick<ResumableExchange, 'options' | 'request' | 'route'>;

/**
 * The same credentials are the same caller. Without any, the unguessable id, or the key, alone protects a stream.
 * @throws TypeError where the route's `principal` names no caller: all such callers would be one
 */
export function principalOf({ options, request, route }: Named): string {
  if (options.principal) {
    const named = nameOf(options.principal(request));
    if (named !== undefined) return named;
    throw new TypeError(
      `\`principal\` of ${route} names no caller; let it return a text or a number, or let a guard refuse the request.`,
    );
  }
  const { authorization } = (rawOf(request) as IncomingMessage).headers;
  if (authorization === undefined) return 'anonymous';
  return createHash('sha256').update(authorization).digest('hex');
}

/**
 * The id of the stream that a request means by its key. Each route has keys of its own: `7` is an order here and an invoice
 * there, behind other guards.
 * @throws BadRequestException where the request names none
 */
export function keyedIdOf(exchange: Named, key: (request: unknown) => unknown): string {
  const named = nameOf(key(exchange.request));
  if (named === undefined) {
    throw new BadRequestException('The request does not say which stream it means.');
  }
  return keyedStreamId(principalOf(exchange), JSON.stringify([exchange.route, named]));
}

/** Undefined for what is no name: clients choose it, and `undefined` or `[object Object]` would be everyone's. */
function nameOf(value: unknown): string | undefined {
  const isName = (typeof value === 'string' && value !== '') || Number.isFinite(value);
  return isName ? String(value) : undefined;
}
