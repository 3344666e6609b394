import type { Answer } from './answer.js';

const exposed = [
  ...['Stream-Next-Offset', 'Stream-Up-To-Date', 'Stream-Closed', 'Stream-Cursor'],
  ...['Stream-SSE-Data-Encoding', 'ETag'],
].join(', ');

/** Of every answer, also of a refusal. */
export function commonHeaders(origin: string | undefined): Record<string, string> {
  const own = { 'X-Content-Type-Options': 'nosniff' };
  if (origin === undefined) return { ...own, 'Cross-Origin-Resource-Policy': 'same-origin' };
  return {
    ...own,
    'Cross-Origin-Resource-Policy': 'cross-origin',
    'Access-Control-Allow-Origin': origin,
    'Access-Control-Expose-Headers': exposed,
    ...(origin !== '*' && { Vary: 'Origin' }),
  };
}

/** The answer to OPTIONS; with status 405, the one to a write. */
export const preflight: Answer = {
  status: 204,
  headers: {
    Allow: 'GET, HEAD, OPTIONS',
    'Access-Control-Allow-Methods': 'GET, HEAD, OPTIONS',
    'Access-Control-Allow-Headers': 'Authorization, If-None-Match',
  },
};
