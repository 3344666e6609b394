import { Controller, Get, Injectable, Param, Sse, type Type } from '@nestjs/common';
import { MessagePattern } from '@nestjs/microservices';
import { describe, expect, test } from '@jest/globals';
import { drainedModule } from '../../test/support/drained-module.js';
import { CurrentStream, DrainableStream, DrainableTask, DrainSignal } from '../index.js';
import { StreamCursor } from '../resume/index.js';

const start = (controllers: Type[], providers: Type[] = []) =>
  drainedModule({ controllers, providers });

const parameters = { DrainSignal, CurrentStream, StreamCursor } as const;
const remedies = {
  DrainSignal: '@DrainableStream()',
  CurrentStream: '@DrainableStream()',
  StreamCursor: '@DrainableStream({ resumable: true })',
};
type Name = keyof typeof parameters;
const names = Object.keys(parameters) as Name[];

describe.each(names)('@%s() is refused at start, with the remedy,', (name) => {
  const Parameter = parameters[name];

  test('on a route without a stream', async () => {
    @Controller()
    class Answers {
      @Get(':id')
      answer(@Param('id') _id: string, @Parameter() _given: unknown): void {}
    }
    await expect(start([Answers])).rejects.toThrow(
      `@${name}() found no stream in Answers.answer(): put ${remedies[name]} on the handler or its controller.`,
    );
  });

  test('on a route of a base class', async () => {
    class Base {
      @Sse()
      answer(@Parameter() _given: unknown): void {}
    }
    @Controller()
    class Answers extends Base {}
    await expect(start([Answers])).rejects.toThrow(`@${name}() found no stream in Answers.answer`);
  });

  test('on a message handler of a decorated controller, which gives it nothing', async () => {
    @DrainableStream()
    @Controller()
    class Messages {
      @MessagePattern('sum')
      sum(@Parameter() _given: unknown): void {}
    }
    await expect(start([Messages])).rejects.toThrow(`@${name}() on Messages.sum() gets nothing: `);
  });

  test('on a method of a provider that is no task', async () => {
    @Injectable()
    class Jobs {
      sweep(@Parameter() _given: unknown): void {}
    }
    await expect(start([], [Jobs])).rejects.toThrow(
      name === 'DrainSignal'
        ? /gets nothing: .* for methods with @DrainableTask\(\)\. Add that decorator, or take/
        : /gets nothing: it is for handlers of HTTP streams\. Take the parameter away/,
    );
  });
});

describe('the parameters of a stream are taken', () => {
  test('with the decorator on the controller, on its base, or on the handler', async () => {
    @DrainableStream()
    class Base {
      @Sse('inherited')
      inherited(@DrainSignal() _signal: unknown): void {}
    }
    @Controller('derived')
    class Derived extends Base {
      @Sse('own')
      own(@CurrentStream() _stream: unknown): void {}
    }
    @Controller('handler')
    class Handler {
      @DrainableStream()
      @Sse()
      answer(@DrainSignal() _signal: unknown): void {}
    }
    await expect(start([Derived, Handler])).resolves.toBeDefined();
  });

  test('in a task, the signal alone', async () => {
    @Injectable()
    class Jobs {
      @DrainableTask()
      sweep(@DrainSignal() _signal: unknown): void {}
    }
    @Injectable()
    class Wrong {
      @DrainableTask()
      sweep(@CurrentStream() _stream: unknown): void {}
    }
    await expect(start([], [Jobs])).resolves.toBeDefined();
    await expect(start([], [Wrong])).rejects.toThrow('@CurrentStream() on Wrong.sweep()');
  });

  test('where a plain method takes the place of a stream of the base class', async () => {
    class Base {
      @Sse()
      @DrainableStream()
      answer(@DrainSignal() _signal: unknown): void {}
    }
    @Controller()
    class Derived extends Base {
      override answer(): void {}
    }
    await expect(start([Derived])).resolves.toBeDefined();
  });
});

describe('without parentheses a decorator says so:', () => {
  test.each(['DrainSignal', 'CurrentStream'] as const)('@%s', (name) => {
    const bare = parameters[name] as unknown as ParameterDecorator;
    expect(() => {
      class Answers {
        answer(@bare _given: unknown): void {}
      }
      return Answers;
    }).toThrow(`@${name} needs its parentheses: write @${name}().`);
  });

  test('@DrainableStream, on a method and on a class', () => {
    const bare = DrainableStream as unknown as MethodDecorator & ClassDecorator;
    const message = '@DrainableStream needs its parentheses: write @DrainableStream().';
    expect(() => {
      class Answers {
        @bare
        answer(): void {}
      }
      return Answers;
    }).toThrow(message);
    expect(() => {
      @bare
      class Answers {}
      return Answers;
    }).toThrow(message);
  });
});
