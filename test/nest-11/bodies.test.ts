import { Readable } from 'node:stream';
import { Controller, Get, Logger, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { DrainableStream, GracefulShutdownModule } from 'nestjs-drain';
import { afterEach, expect, jest, test } from '@jest/globals';

/** A page of results: Nest 11 sends it as JSON, although it can be iterated. */
class Page {
  readonly items = [1, 2];
  async *[Symbol.asyncIterator](): AsyncGenerator<number> {
    yield await Promise.resolve(1);
  }
}

function bodies(path: string, decorate: () => ClassDecorator) {
  @Controller(path)
  @decorate()
  class BodiesController {
    @Get('node')
    node(): Readable {
      return Readable.from(['one', 'two']);
    }

    @Get('web')
    web(): ReadableStream {
      return new Blob(['web']).stream() as ReadableStream;
    }

    @Get('response')
    response(): Response {
      return new Response('response', { headers: { 'x-kind': 'web' } });
    }

    @Get('generated')
    generated(): AsyncGenerator<number> {
      return new Page()[Symbol.asyncIterator]();
    }

    @Get('page')
    page(): Page {
      return new Page();
    }
  }
  return BodiesController;
}

function bodiesModule() {
  @Module({
    imports: [GracefulShutdownModule.forRoot({ signals: false })],
    controllers: [bodies('plain', () => () => undefined), bodies('drain', () => DrainableStream())],
  })
  class BodiesModule {}
  return BodiesModule;
}

const error = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
afterEach(() => void error.mockClear());

/** What the log says of bodies that their handlers mean as streams. */
const unsent = {
  express: ['a Node stream', 'a web stream', 'a web Response', 'an async generator'],
  fastify: ['an async generator'],
};

test.each(['express', 'fastify'] as const)(
  'law 9: on Nest 11 with %s only what is sent as a stream is handled as a stream',
  async (platform) => {
    const module = bodiesModule();
    const application =
      platform === 'fastify'
        ? await NestFactory.create(module, new FastifyAdapter(), { logger: false })
        : await NestFactory.create(module, { logger: false });
    await application.listen(0, '127.0.0.1');
    const url = await application.getUrl();
    const ask = async (path: string) => {
      const response = await fetch(`${url}/${path}`);
      const { status, headers } = response;
      return [status, headers.get('content-type'), headers.get('x-kind'), await response.text()];
    };
    for (const route of ['node', 'web', 'response', 'generated', 'page']) {
      expect(await ask(`drain/${route}`)).toEqual(await ask(`plain/${route}`));
    }
    await ask('drain/generated');
    expect(error.mock.calls.map(([line]) => String(line))).toEqual(
      unsent[platform].map((what) => expect.stringContaining(`answers with ${what}, and Nest 11`)),
    );
    expect((await ask('drain/page')).at(-1)).toBe('{"items":[1,2]}');
    await application.close();
  },
);

test('on Nest 11 a route that is an async generator is refused at start, with what to return instead', async () => {
  @Controller()
  class GeneratorController {
    @Get()
    @DrainableStream()
    async *words(): AsyncGenerator<string> {
      yield await Promise.resolve('word');
    }
  }
  @Module({
    imports: [GracefulShutdownModule.forRoot({ signals: false })],
    controllers: [GeneratorController],
  })
  class GeneratorModule {}
  const start = NestFactory.create(GeneratorModule, { logger: false, abortOnError: false });
  await expect(start).rejects.toThrow(
    /GeneratorController\.words\(\) is an async generator, and Nest 11 sends it as JSON.*Return a StreamableFile/,
  );
});
