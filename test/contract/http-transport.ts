import type { AddressInfo, Server } from 'node:net';
import { Controller, Inject, Sse, type MessageEvent } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { DrainableStream } from 'nestjs-drain';
import { concat, defer, NEVER, of, type Observable } from 'rxjs';
import { hasOpenssl, selfSigned } from '../edge/certificate.js';
import { connect } from '../edge/client.js';
import type { Answer, Client } from '../edge/exchange.js';
import { flavours, type Flavour } from '../edge/flavour.js';
import { drained } from './drained.js';
import type { Ending, Transport } from './transport.js';
import { Workshop } from './workshop.js';

@Controller()
@DrainableStream()
class Answers {
  constructor(@Inject(Workshop) private readonly workshop: Workshop) {}

  @Sse('answer')
  answer(): Observable<MessageEvent> {
    const last = defer(async () => ({ data: await this.workshop.work() }));
    return concat(of({ data: 'first' }), last);
  }

  @Sse('news')
  @DrainableStream({ kind: 'subscription' })
  news(): Observable<MessageEvent> {
    return concat(of({ data: 'first' }), NEVER);
  }
}

/** Server-sent events, over every flavour of HTTP. */
export const httpTransports: readonly Transport[] = flavours.map((flavour) => ({
  name: `SSE over ${flavour.name}`,
  missing: flavour.tls && !hasOpenssl ? 'openssl' : undefined,
  async serve(workshop, options) {
    const { module, shutdown } = await drained({ controllers: [Answers] }, workshop, options);
    const application = module.createNestApplication(adapterOf(flavour), {
      logger: false,
      ...(flavour.tls && flavour.adapter === 'express' && { httpsOptions: selfSigned() }),
    });
    await application.listen(0, '127.0.0.1');
    const { port } = (application.getHttpServer() as Server).address() as AddressInfo;
    const clients: Client[] = [];
    const request = async (path: string) => {
      const client = await connect(flavour, port);
      clients.push(client);
      return client.request(path);
    };
    return {
      shutdown,
      ask: async () => endingOf(await (await request('/answer')).done),
      async follow() {
        const exchange = await request('/news');
        await exchange.reads('first');
        return { ending: exchange.done.then(endingOf) };
      },
      close: () => application.close(),
      clear: () => clients.forEach((client) => client.destroy()),
    };
  },
}));

function adapterOf({ adapter, tls, version }: Flavour) {
  if (adapter === 'express') return new ExpressAdapter();
  const options = { ...(version === 2 && { http2: true }), ...(tls && { https: selfSigned() }) };
  return new FastifyAdapter(options as object);
}

function endingOf({ status, headers, body, isComplete }: Answer): Ending {
  if (status === 503) return headers['retry-after'] === undefined ? 'broken' : 'refused';
  if (!isComplete) return 'broken';
  if (body.includes('data: done')) return 'whole';
  if (body.includes('event: shutdown')) return 'incomplete';
  return body.includes('retry: ') ? 'told' : 'broken';
}
