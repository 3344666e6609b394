/** One way to serve HTTP. The whole suite runs against each. */
export interface Flavour {
  readonly name: string;
  readonly adapter: 'express' | 'fastify';
  readonly version: 1 | 2;
  readonly tls: boolean;
}

export const flavours: readonly Flavour[] = [
  { name: 'Express', adapter: 'express', version: 1, tls: false },
  { name: 'Fastify', adapter: 'fastify', version: 1, tls: false },
  { name: 'HTTPS', adapter: 'express', version: 1, tls: true },
  { name: 'h2c', adapter: 'fastify', version: 2, tls: false },
  { name: 'h2', adapter: 'fastify', version: 2, tls: true },
];
