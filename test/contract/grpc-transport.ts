import { status } from '@grpc/grpc-js';
import { Controller, Inject } from '@nestjs/common';
import { GrpcMethod, Transport as NestTransport } from '@nestjs/microservices';
import { DrainableStream } from 'nestjs-drain';
import { DrainGrpcModule } from 'nestjs-drain/grpc';
import { concat, defer, NEVER, of, type Observable } from 'rxjs';
import { freePort } from '../../libs/nestjs-drain/test/support/free-port.js';
import {
  answerOf,
  GrpcClient,
  storiesProto,
  type Answer,
  type Part,
} from '../../libs/nestjs-drain/test/support/stories.js';
import { drained } from './drained.js';
import type { Ending, Transport } from './transport.js';
import { Workshop } from './workshop.js';

@Controller()
class Stories {
  constructor(@Inject(Workshop) private readonly workshop: Workshop) {}

  @GrpcMethod('Stories', 'Tell')
  tell(): Observable<Part> {
    const last = defer(async () => ({ text: await this.workshop.work() }));
    return concat(of({ text: 'first' }), last);
  }
}

@Controller()
@DrainableStream({ kind: 'subscription' })
class News {
  @GrpcMethod('News', 'Follow')
  follow(): Observable<Part> {
    return concat(of({ text: 'first' }), NEVER);
  }
}

/** Server-streaming gRPC. */
export const grpcTransport: Transport = {
  name: 'gRPC',
  async serve(workshop, options) {
    const parts = { imports: [DrainGrpcModule], controllers: [Stories, News] };
    const { module, shutdown } = await drained(parts, workshop, options);
    const url = `127.0.0.1:${await freePort()}`;
    const application = module.createNestMicroservice({
      transport: NestTransport.GRPC,
      options: { url, package: 'stories', protoPath: storiesProto },
      logger: false,
    });
    await application.listen();
    const clients: GrpcClient[] = [];
    const stream = (service: 'Stories' | 'News', method: string) => {
      const client = new GrpcClient(service, url);
      clients.push(client);
      return client.stream<Part>(method);
    };
    return {
      shutdown,
      ask: async () => endingOf(await answerOf(stream('Stories', 'Tell'))),
      async follow() {
        const news = stream('News', 'Follow');
        const ending = answerOf(news).then(endingOf);
        await new Promise((resolve) => news.once('data', resolve));
        return { ending };
      },
      close: () => application.close(),
      clear: () => clients.forEach((client) => client.close()),
    };
  },
};

function endingOf({ messages, status: { code, metadata } }: Answer<Part>): Ending {
  if (code === status.OK) return messages.at(-1)?.text === 'done' ? 'whole' : 'broken';
  if (code !== status.UNAVAILABLE) return 'broken';
  if (metadata.get('grpc-retry-pushback-ms').length === 0) return 'incomplete';
  return messages.length === 0 ? 'refused' : 'told';
}
