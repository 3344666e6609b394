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
import {
  missingRedis,
  RedisServer,
} from '../../libs/nestjs-drain-resume/test/support/redis-server.js';
import { missingNats, NatsServer } from '../support/nats-server.js';
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

let redis: RedisServer | undefined;
let nats: NatsServer | undefined;

async function redisOptions() {
  redis ??= await RedisServer.start();
  return {
    transport: NestTransport.REDIS as const,
    options: { host: '127.0.0.1', port: redis.port },
  };
}

async function natsOptions() {
  nats ??= await NatsServer.start();
  const options = { servers: `127.0.0.1:${nats.port}`, queue: 'orders' };
  return { transport: NestTransport.NATS as const, options };
}

async function tcpOptions() {
  const options = { host: '127.0.0.1', port: await freePort() };
  return { transport: NestTransport.TCP as const, options };
}

/** Nest's microservices, over a socket and over brokers. */
export const messageTransports: readonly MessageTransport[] = [
  { name: 'TCP messages', serve: servedBy(tcpOptions) },
  {
    name: 'Redis messages',
    missing: missingRedis,
    serve: servedBy(redisOptions),
    stop: async () => redis?.stop(),
  },
  {
    name: 'NATS messages',
    missing: missingNats,
    serve: servedBy(natsOptions),
    stop: async () => nats?.stop(),
  },
];

function servedBy(
  optionsOf: typeof redisOptions | typeof natsOptions | typeof tcpOptions,
): MessageTransport['serve'] {
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
