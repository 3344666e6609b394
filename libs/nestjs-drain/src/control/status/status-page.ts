import { randomBytes } from 'node:crypto';
import type { ManagementCall } from '../../compat/management-routes.js';
import { pageTemplate } from './page-template.js';

/** `GET /shutdown`, for people: one document that may load nothing, under a nonce of its own. */
export function statusPage({ response }: ManagementCall): void {
  const nonce = randomBytes(16).toString('base64');
  response.writeHead(200, headers(nonce)).end(pageTemplate.replaceAll('{nonce}', nonce));
}

function headers(nonce: string): Record<string, string> {
  const own = `'nonce-${nonce}'`;
  return {
    'Content-Type': 'text/html; charset=utf-8',
    'Cache-Control': 'no-store',
    'Content-Security-Policy':
      `default-src 'none'; script-src ${own}; style-src ${own}; connect-src 'self'; ` +
      "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    'Referrer-Policy': 'no-referrer',
    'X-Content-Type-Options': 'nosniff',
  };
}
