import { Inject, type WebSocketAdapter } from '@nestjs/common';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { WsAdapter } from '@nestjs/platform-ws';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { DrainableStream } from 'nestjs-drain';
import { DrainWebSocketModule } from 'nestjs-drain/websocket';
import { NEVER, startWith, type Observable } from 'rxjs';
import {
  socketIoClient,
  wsClient,
  type Closed,
  type SocketClient,
} from '../../libs/nestjs-drain/test/support/socket-clients.js';
import { drained } from './drained.js';
import type { Ending, Transport } from './transport.js';
import { Workshop } from './workshop.js';

interface Reply {
  readonly event: string;
  readonly data: string;
}

@WebSocketGateway({ path: '/answers' })
class AnswersGateway {
  constructor(@Inject(Workshop) private readonly workshop: Workshop) {}

  @SubscribeMessage('ask')
  async ask(): Promise<Reply> {
    return { event: 'answer', data: await this.workshop.work() };
  }
}

@DrainableStream({ kind: 'subscription' })
@WebSocketGateway({ path: '/news' })
class NewsGateway {
  @SubscribeMessage('follow')
  follow(): Observable<Reply> {
    return NEVER.pipe(startWith({ event: 'news', data: 'first' }));
  }
}

const SERVICE_RESTART = 1012;

/** WebSocket gateways, with both of Nest's adapters. */
export const webSocketTransports: readonly Transport[] = [
  transport('ws', (application) => new WsAdapter(application), wsClient),
  transport('socket.io', (application) => new IoAdapter(application), socketIoClient),
];

function transport(
  name: string,
  adapterOf: (application: object) => WebSocketAdapter,
  connect: (url: string, path: string) => SocketClient,
): Transport {
  return {
    name: `WebSocket by ${name}`,
    async serve(workshop, options) {
      const parts = { imports: [DrainWebSocketModule], providers: [AnswersGateway, NewsGateway] };
      const { module, shutdown } = await drained(parts, workshop, options);
      const application = module.createNestApplication({ logger: false });
      application.useWebSocketAdapter(adapterOf(application));
      await application.listen(0, '127.0.0.1');
      const url = await application.getUrl();
      const clients: SocketClient[] = [];
      const clientOf = (path: string) => {
        const client = connect(url, path);
        clients.push(client);
        return client;
      };
      return {
        shutdown,
        ask: () => ask(clientOf('/answers')),
        async follow() {
          const client = clientOf('/news');
          await client.opened;
          const news = client.reply('news');
          client.send('follow');
          await news;
          return { ending: client.closed.then((closed) => endingOf(closed, 'told')) };
        },
        close: () => application.close(),
        clear: () => clients.forEach((client) => client.end()),
      };
    },
  };
}

async function ask(client: SocketClient): Promise<Ending> {
  try {
    await client.opened;
  } catch (error) {
    return String(error).includes('503') ? 'refused' : 'broken';
  }
  let answered = false;
  void client.reply('answer').then((data) => (answered = data === 'done'));
  client.send('ask');
  const closed = await client.closed;
  return endingOf(closed, answered ? 'whole' : 'incomplete');
}

/** Only a close frame that says so is more than a broken connection. */
function endingOf({ code, reason }: Closed, ending: Ending): Ending {
  return code === SERVICE_RESTART && reason.startsWith('retry-after=') ? ending : 'broken';
}
