import type { IncomingHttpHeaders } from 'node:http';

/** Headers that proxies, balancers and content networks add, and clients do not. */
const names = new Set([
  // RFC 7239 and RFC 9110
  'forwarded',
  'via',
  'max-forwards',
  'proxy-connection',
  // The client's address, as many products call it
  'x-real-ip',
  'x-client-ip',
  'x-cluster-client-ip',
  'x-remote-ip',
  'x-remote-addr',
  'x-proxyuser-ip',
  'client-ip',
  'true-client-ip',
  'proxy-client-ip',
  'wl-proxy-client-ip',
  'incap-client-ip',
  'do-connecting-ip',
  'x-nf-client-connection-ip',
  'x-sucuri-clientip',
  // AWS, Google, Azure, Heroku, Varnish, CloudFlare's loop guard
  'x-amzn-trace-id',
  'x-amz-cf-id',
  'x-cloud-trace-context',
  'x-arr-log-id',
  'x-arr-ssl',
  'x-request-start',
  'x-varnish',
  'surrogate-capability',
  'cdn-loop',
]);

/** Families of them. */
const families = [
  'x-forwarded-',
  'x-original-',
  'x-envoy-',
  'x-azure-',
  'x-appengine-',
  'x-vercel-',
  'x-akamai-',
  'akamai-',
  'cloudfront-',
  'fastly-',
  'fly-',
  'cf-',
  'l5d-',
];

/** Whether another program has passed this request on, so that its peer is not its sender. */
export function isFromProxy(headers: IncomingHttpHeaders): boolean {
  return Object.keys(headers).some(
    (name) => names.has(name) || families.some((family) => name.startsWith(family)),
  );
}
