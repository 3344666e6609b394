import { Controller, Inject } from '@nestjs/common';
import {
  ClientProxyFactory,
  MessagePattern,
  Transport as NestTransport,
  type ClientProxy,
} from '@nestjs/microservices';
import { DrainMicroserviceModule } from 'nestjs-drain/microservice';
import { firstValueFrom } from 'rxjs';
import { freePort } from '../../libs/nestjs-drain/test/support/free-port.js';
import { missingRedis, RedisServer } from '../../libs/nestjs-drain/test/support/redis-server.js';
import { drained } from './drained.js';
import type { MessageTransport } from './transport.js';
import { Workshop } from './workshop.js';

@Controller()
class Orders {
  constructor(@Inject(Workshop) private readonly workshop: Workshop) {}

  @MessagePattern('order')
  order(): Promise<string> {
    return this.workshop.work();
  }
}

let broker: RedisServer | undefined;

async function redisOptions() {
  broker ??= await RedisServer.start();
  return {
    transport: NestTransport.REDIS as const,
    options: { host: '127.0.0.1', port: broker.port },
  };
}

async function tcpOptions() {
  const options = { host: '127.0.0.1', port: await freePort() };
  return { transport: NestTransport.TCP as const, options };
}

/** Nest's microservices, over a socket and over a broker. */
export const messageTransports: readonly MessageTransport[] = [
  { name: 'TCP messages', serve: servedBy(tcpOptions) },
  {
    name: 'Redis messages',
    missing: missingRedis,
    serve: servedBy(redisOptions),
    stop: async () => broker?.stop(),
  },
];

function servedBy(optionsOf: typeof redisOptions | typeof tcpOptions): MessageTransport['serve'] {
  return async (workshop, options) => {
    const parts = { imports: [DrainMicroserviceModule], controllers: [Orders] };
    const { module, shutdown } = await drained(parts, workshop, options);
    const place = await optionsOf();
    const application = module.createNestMicroservice({ ...place, logger: false });
    await application.listen();
    const clients: ClientProxy[] = [];
    return {
      shutdown,
      async ask() {
        const client = ClientProxyFactory.create(place);
        clients.push(client);
        try {
          const answer = await firstValueFrom(client.send<string>('order', {}));
          return answer === 'done' ? 'whole' : 'broken';
        } catch {
          return 'broken';
        }
      },
      close: () => application.close(),
      clear() {
        for (const client of clients) client.close();
      },
    };
  };
}
