import { Readable } from 'node:stream';
import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { DrainableStream, GracefulShutdownModule } from 'nestjs-drain';
import { expect, test } from '@jest/globals';

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

    @Get('page')
    page(): Page {
      return new Page();
    }
  }
  return BodiesController;
}

@Module({
  imports: [GracefulShutdownModule.forRoot({ signals: false })],
  controllers: [bodies('plain', () => () => undefined), bodies('drain', () => DrainableStream())],
})
class BodiesModule {}

test.each(['express', 'fastify'])(
  'law 9: on Nest 11 with %s only what is sent as a stream is handled as a stream',
  async (platform) => {
    const application =
      platform === 'fastify'
        ? await NestFactory.create(BodiesModule, new FastifyAdapter(), { logger: false })
        : await NestFactory.create(BodiesModule, { logger: false });
    await application.listen(0, '127.0.0.1');
    const url = await application.getUrl();
    const ask = async (path: string) => {
      const response = await fetch(`${url}/${path}`);
      const { status, headers } = response;
      return [status, headers.get('content-type'), headers.get('x-kind'), await response.text()];
    };
    for (const route of ['node', 'web', 'response', 'page']) {
      expect(await ask(`drain/${route}`)).toEqual(await ask(`plain/${route}`));
    }
    expect((await ask('drain/page')).at(-1)).toBe('{"items":[1,2]}');
    await application.close();
  },
);
