import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  Field,
  GraphQLModule,
  Int,
  ObjectType,
  Query,
  Resolver,
  Subscription,
} from '@nestjs/graphql';
import { MercuriusDriver, type MercuriusDriverConfig } from '@nestjs/mercurius';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { GracefulShutdownModule, StreamAdmission } from 'nestjs-drain';

@ObjectType()
class Tick {
  @Field(() => Int) n!: number;
  @Field(() => Int) replica!: number;
}

@Resolver()
class TicksResolver {
  /** A query over HTTP is a plain request: it needs nothing. */
  @Query(() => String)
  async slow(): Promise<string> {
    await pause(700);
    return 'whole';
  }

  @Subscription(() => Tick)
  async *ticks(): AsyncGenerator<{ ticks: Tick }> {
    for (let n = 1; ; n++) {
      yield { ticks: { n, replica: process.pid } };
      await pause(100);
    }
  }
}

@Module({
  imports: [
    GracefulShutdownModule.forRoot({ timeout: 30 }),
    GraphQLModule.forRoot<MercuriusDriverConfig>({
      driver: MercuriusDriver,
      autoSchemaFile: true,
      subscription: true,
    }),
  ],
  providers: [TicksResolver],
})
class AppModule {}

const app = await NestFactory.create<NestFastifyApplication>(AppModule, new FastifyAdapter());
const streams = app.get(StreamAdmission);
const server: Server = app.getHttpServer();
// In front of Mercurius' own listener. What is refused here has had its answer, and Mercurius leaves it alone.
server.prependListener('upgrade', (request: IncomingMessage, socket: Socket) => {
  streams.openUpgrade(request, socket, { route: 'WS /graphql', kind: 'subscription' });
});
app.enableShutdownHooks();
await app.listen(process.env['PORT'] ?? 3000, '127.0.0.1');
console.log(`Listening on ${await app.getUrl()}`);
