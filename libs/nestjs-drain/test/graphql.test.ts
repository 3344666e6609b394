import { once } from 'node:events';
import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { GraphQLModule, Query, Resolver, Subscription } from '@nestjs/graphql';
import { createClient, type Client } from 'graphql-ws';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { WebSocket } from 'ws';
import type { DrainOptions } from '../src/core/options.js';
import { DrainGraphQLModule } from '../src/graphql/index.js';
import { closeApplication, drainedModule } from './support/drained-module.js';
import { Gate } from './support/gate.js';
import { eventually } from '../../../testing/eventually.js';

let gate: Gate<string>;
const cleanups: (() => unknown)[] = [];
beforeEach(() => {
  gate = new Gate();
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

@Resolver()
class Stories {
  @Query(() => String)
  title(): Promise<string> {
    return gate.pass();
  }

  @Subscription(() => String)
  async *news(): AsyncGenerator<{ news: string }> {
    yield { news: 'first' };
    await new Promise(() => undefined);
  }
}

async function start(options: DrainOptions = {}) {
  const graphql = GraphQLModule.forRoot<ApolloDriverConfig>({
    driver: ApolloDriver,
    autoSchemaFile: true,
    subscriptions: { 'graphql-ws': true },
  });
  const parts = { imports: [graphql, DrainGraphQLModule], providers: [Stories] };
  const { module, drain } = await drainedModule(parts, options);
  const application = module.createNestApplication({ logger: false });
  await application.listen(0, '127.0.0.1');
  cleanups.push(() => closeApplication(application));
  const url = `${(await application.getUrl()).replace('http', 'ws')}/graphql`;
  return { url, drain };
}

/** A client with one connection, with the retries of the official client or without. */
function connect(url: string | (() => string), retryAttempts = 0): Client {
  const client = createClient({ url, webSocketImpl: WebSocket, retryAttempts, lazy: true });
  cleanups.push(() => client.dispose());
  return client;
}

const codeOfClose = (client: Client): Promise<number> =>
  new Promise((resolve) => client.on('closed', (event) => resolve((event as CloseEvent).code)));

/** What comes of an operation, and the promise of its end. */
function run(client: Client, query: string) {
  const received: unknown[] = [];
  const ended = new Promise<void>((resolve, reject) => {
    client.subscribe(
      { query },
      {
        next: ({ data }) => received.push(data),
        complete: resolve,
        error: (error) => reject(error as Error),
      },
    );
  });
  ended.catch(() => undefined);
  return { received, ended };
}

interface CloseEvent {
  readonly code: number;
}

test('a query on a connection is finished before the connection is closed with 1012, subscription or not', async () => {
  const { url, drain } = await start();
  const client = connect(url);
  const closed = codeOfClose(client);
  const news = run(client, 'subscription { news }');
  await eventually(() => expect(news.received).toHaveLength(1));
  const title = run(client, 'query { title }');
  await gate.reached;
  const report = drain.start('test');
  gate.open('done');
  await title.ended;
  expect(title.received).toEqual([{ title: 'done' }]);
  expect(await closed).toBe(1012);
  expect(await report).toMatchObject({ activeBefore: 2, completed: 1, reconnect: 1, cut: 0 });
});

test('the official client subscribes anew by itself, on the replica that it finds then', async () => {
  const [first, second] = [await start(), await start()];
  let balanced = first.url;
  const client = connect(() => balanced, 5);
  const news = run(client, 'subscription { news }');
  await eventually(() => expect(news.received).toHaveLength(1));
  balanced = second.url;
  expect(await first.drain.start('test')).toMatchObject({ reconnect: 1, cut: 0 });
  await eventually(() => expect(news.received).toHaveLength(2));
  expect(second.drain.streams.sizeOf('subscription')).toBe(1);
});

test('a connection that carries nothing is closed with 1012, too', async () => {
  const { url, drain } = await start();
  const socket = new WebSocket(url, 'graphql-transport-ws');
  await once(socket, 'open');
  socket.send(JSON.stringify({ type: 'connection_init' }));
  await once(socket, 'message');
  const closed = once(socket, 'close');
  void drain.start('test');
  const [code, reason] = (await closed) as [number, Buffer];
  expect([code, reason.toString()]).toEqual([1012, 'retry-after=1']);
});

test('reset() leaves a connection open that waits for its query', async () => {
  const { url, drain } = await start();
  const client = connect(url);
  const title = run(client, 'query { title }');
  await gate.reached;
  void drain.start('test').catch(() => undefined);
  drain.reset();
  const again = run(client, 'query { title }');
  gate.open('done');
  await Promise.all([title.ended, again.ended]);
  expect(again.received).toEqual([{ title: 'done' }]);
});

test('law 7: a client that answers nothing any more is cut after flushTimeout', async () => {
  const { url, drain } = await start({ flushTimeout: 0.1 });
  const client = new WebSocket(url, 'graphql-transport-ws');
  await once(client, 'open');
  client.send(JSON.stringify({ type: 'connection_init' }));
  await once(client, 'message');
  const query = 'subscription { news }';
  client.send(JSON.stringify({ type: 'subscribe', id: '1', payload: { query } }));
  await once(client, 'message');
  client.pause();
  expect(await drain.start('test')).toMatchObject({ reconnect: 0, cut: 1 });
  client.terminate();
});
