import { setTimeout as pause } from 'node:timers/promises';
import { Controller, Module, Post, Req, Res } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import {
  GraphQLModule,
  GraphQLSchemaHost,
  Int,
  ObjectType,
  Field,
  Query,
  Resolver,
  Subscription,
} from '@nestjs/graphql';
import type { Request, Response } from 'express';
import { getOperationAST, Kind, OperationTypeNode, parse } from 'graphql';
import { createHandler } from 'graphql-sse/lib/use/express';
import { GracefulShutdownModule, StreamAdmission, type StreamKind } from 'nestjs-drain';

@ObjectType()
class Tick {
  @Field(() => Int) n!: number;
  @Field(() => Int) replica!: number;
}

@Resolver()
class TicksResolver {
  @Query(() => String)
  async slow(): Promise<string> {
    await pause(700);
    return 'whole';
  }

  /** Ends by itself. */
  @Subscription(() => Int)
  async *progress(): AsyncGenerator<{ progress: number }> {
    for (let n = 1; n <= 10; n++) {
      yield { progress: n };
      await pause(100);
    }
  }

  /** Has no end. */
  @Subscription(() => Tick)
  async *ticks(): AsyncGenerator<{ ticks: Tick }> {
    for (let n = 1; ; n++) {
      yield { ticks: { n, replica: process.pid } };
      await pause(100);
    }
  }
}

/** The subscription fields that end by themselves. */
const finite = ['progress'];

interface Asked {
  query: string;
  operationName?: string;
}

function kindOf({ query, operationName }: Asked): StreamKind {
  const operation = getOperationAST(parse(query), operationName);
  const [field] = operation?.selectionSet.selections ?? [];
  const isEndless =
    operation?.operation === OperationTypeNode.SUBSCRIPTION &&
    field?.kind === Kind.FIELD &&
    !finite.includes(field.name.value);
  return isEndless ? 'subscription' : 'finite';
}

/** A client that only loses its stream asks again: it has to learn that this operation is over. */
const lastEvents =
  'event: next\ndata: {"errors":[{"message":"This replica is shutting down."}]}\n\n' +
  'event: complete\ndata:\n\n';

function endEarly(response: Response): void {
  if (response.headersSent) response.end(lastEvents);
  else response.status(503).end();
}

@Controller('graphql/stream')
class GraphQLStreamController {
  readonly #handler = createHandler({ schema: () => this.host.schema });

  constructor(
    private readonly streams: StreamAdmission,
    private readonly host: GraphQLSchemaHost,
  ) {}

  @Post()
  async stream(@Req() request: Request, @Res() response: Response): Promise<void> {
    const kind = kindOf(request.body as Asked);
    const options = { route: 'POST /graphql/stream', kind, farewell: 'handler' } as const;
    const stream = this.streams.open(request, response, options);
    if (!stream) return;
    // The library itself ends a subscription, and its client asks another replica.
    if (kind === 'finite') stream.signal.addEventListener('abort', () => endEarly(response));
    await this.#handler(request, response);
  }
}

@Module({
  imports: [
    GracefulShutdownModule.forRoot({ timeout: Number(process.env['TIMEOUT'] ?? 30) }),
    GraphQLModule.forRoot<ApolloDriverConfig>({ driver: ApolloDriver, autoSchemaFile: true }),
  ],
  controllers: [GraphQLStreamController],
  providers: [TicksResolver],
})
class AppModule {}

const app = await NestFactory.create(AppModule);
app.enableShutdownHooks();
await app.listen(process.env['PORT'] ?? 3000, '127.0.0.1');
console.log(`Listening on ${await app.getUrl()}`);
