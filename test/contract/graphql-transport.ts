import { Inject } from '@nestjs/common';
import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { GraphQLModule, Query, Resolver, Subscription } from '@nestjs/graphql';
import { createClient, type Client } from 'graphql-ws';
import { DrainGraphQLModule } from 'nestjs-drain/graphql';
import { WebSocket } from 'ws';
import { drained } from './drained.js';
import type { Ending, Transport } from './transport.js';
import { Workshop } from './workshop.js';

@Resolver()
class Answers {
  constructor(@Inject(Workshop) private readonly workshop: Workshop) {}

  @Query(() => String)
  hello(): string {
    return 'hello';
  }

  /** A finite subscription. */
  @Subscription(() => String)
  async *answer(): AsyncGenerator<{ answer: string }> {
    yield { answer: 'first' };
    yield { answer: await this.workshop.work() };
  }

  /** An endless one. */
  @Subscription(() => String)
  async *news(): AsyncGenerator<{ news: string }> {
    yield { news: 'first' };
    await new Promise(() => undefined);
  }
}

const SERVICE_RESTART = 1012;

/** GraphQL subscriptions over graphql-ws, with the official client. */
export const graphqlTransport: Transport = {
  name: 'GraphQL subscriptions over graphql-ws',
  async serve(workshop, options) {
    const graphql = GraphQLModule.forRoot<ApolloDriverConfig>({
      driver: ApolloDriver,
      autoSchemaFile: true,
      subscriptions: { 'graphql-ws': true },
    });
    const drain = DrainGraphQLModule.forRoot({ finite: ['answer'] });
    const parts = { imports: [graphql, drain], providers: [Answers] };
    const { module, shutdown } = await drained(parts, workshop, options);
    const application = module.createNestApplication({ logger: false });
    await application.listen(0, '127.0.0.1');
    const url = `${(await application.getUrl()).replace('http', 'ws')}/graphql`;
    let closing: Promise<void> | undefined;
    const clients: Client[] = [];
    const clientOf = () => {
      const client = createClient({ url, webSocketImpl: WebSocket, retryAttempts: 0 });
      clients.push(client);
      return client;
    };
    return {
      shutdown,
      ask: () => subscribe(clientOf(), 'answer').ending,
      async follow() {
        const { first, ending } = subscribe(clientOf(), 'news');
        await first;
        return { ending: ending.then((end) => (end === 'incomplete' ? 'told' : end)) };
      },
      // The driver for Nest 11 cannot be stopped twice.
      close: () => (closing ??= application.close()),
      clear: () => void clients.forEach((client) => void client.dispose()),
    };
  },
};

function subscribe(client: Client, field: 'answer' | 'news') {
  let isAcknowledged = false;
  client.on('connected', () => (isAcknowledged = true));
  const received: unknown[] = [];
  let hear = (): void => undefined;
  const first = new Promise<void>((resolve) => (hear = resolve));
  const ending = new Promise<Ending>((resolve) => {
    client.subscribe<Record<string, string>>(
      { query: `subscription { ${field} }` },
      {
        next({ data }) {
          received.push(data?.[field]);
          hear();
        },
        complete: () => resolve(received.at(-1) === 'done' ? 'whole' : 'broken'),
        error: (error) => resolve(endingOf(error as { code?: number }, isAcknowledged)),
      },
    );
  });
  return { first, ending };
}

/** A client with retries would connect again and subscribe anew after this. */
function endingOf({ code }: { code?: number }, isAcknowledged: boolean): Ending {
  if (code !== SERVICE_RESTART) return 'broken';
  return isAcknowledged ? 'incomplete' : 'refused';
}
