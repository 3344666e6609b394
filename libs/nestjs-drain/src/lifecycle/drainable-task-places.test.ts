import { Controller, Get, Injectable, Scope, Sse, type Type } from '@nestjs/common';
import { Query, ResolveField, Resolver } from '@nestjs/graphql';
import { EventPattern, GrpcMethod, MessagePattern } from '@nestjs/microservices';
import { Cron } from '@nestjs/schedule';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { describe, expect, test } from '@jest/globals';
import { drainedModule } from '../../test/support/drained-module.js';
import { DrainableTask } from '../index.js';

const start = (controllers: Type[], providers: Type[] = []) =>
  drainedModule({ controllers, providers });

const empty = 'and @DrainableTask() would skip it while draining';

describe('@DrainableTask() is refused at start, with the remedy,', () => {
  test('on an HTTP route, above and below its decorator', async () => {
    @Controller()
    class Above {
      @DrainableTask()
      @Get()
      read(): void {}
    }
    @Controller({ scope: Scope.REQUEST })
    class Below {
      @Sse('stream')
      @DrainableTask()
      read(): void {}
    }
    for (const one of [Above, Below]) {
      await expect(start([one])).rejects.toThrow(
        `${one.name}.read() is an HTTP route, ${empty}: its caller would get an empty answer, and a message would be ` +
          'lost. Remove the decorator: the drain waits for requests without it, and for a stream there is @DrainableStream().',
      );
    }
  });

  test('on a route that a controller inherits', async () => {
    class Base {
      @Get()
      @DrainableTask()
      read(): void {}
    }
    @Controller()
    class Inherits extends Base {}
    await expect(start([Inherits])).rejects.toThrow(`Inherits.read() is an HTTP route, ${empty}`);
  });

  test.each([
    ['message', MessagePattern('sum')],
    ['event', EventPattern('done')],
    ['gRPC', GrpcMethod('Sums')],
  ])('on a handler of messages: %s', async (_, handles) => {
    @Controller()
    class Messages {
      @DrainableTask()
      handle(): void {}
    }
    const descriptor = Object.getOwnPropertyDescriptor(Messages.prototype, 'handle');
    handles(Messages.prototype, 'handle', descriptor!);
    await expect(start([Messages])).rejects.toThrow(
      /Messages\.handle\(\) is a message handler, .* import DrainMicroserviceModule of .*, or DrainGrpcModule of/,
    );
  });

  test('on a handler of a gateway', async () => {
    @WebSocketGateway()
    class Chat {
      @SubscribeMessage('say')
      @DrainableTask()
      say(): void {}
    }
    await expect(start([], [Chat])).rejects.toThrow(
      /Chat\.say\(\) is a message handler of a gateway, .* import DrainWebSocketModule of nestjs-drain\/websocket/,
    );
  });

  test('on a GraphQL resolver', async () => {
    @Resolver()
    class Books {
      @DrainableTask()
      @Query(() => String)
      book(): void {}
    }
    @Resolver(() => Books)
    class Fields {
      @ResolveField(() => String)
      @DrainableTask()
      title(): void {}
    }
    await expect(start([], [Books])).rejects.toThrow(/Books\.book\(\) is a GraphQL resolver/);
    await expect(start([], [Fields])).rejects.toThrow(/Fields\.title\(\) is a GraphQL resolver/);
  });
});

test('@DrainableTask() stays where it belongs, in a controller too', async () => {
  @Controller()
  class Reports {
    @Get()
    read(): void {}

    @Cron('0 0 1 1 *')
    @DrainableTask()
    sweep(): void {}
  }
  @Injectable()
  class Jobs {
    @DrainableTask()
    sweep(): void {}
  }
  await expect(start([Reports], [Jobs])).resolves.toBeDefined();
});

test('without its parentheses it says so', () => {
  const bare = DrainableTask as unknown as MethodDecorator;
  expect(() => {
    class Jobs {
      @bare
      sweep(): void {}
    }
    return Jobs;
  }).toThrow('@DrainableTask needs its parentheses: write @DrainableTask().');
});
