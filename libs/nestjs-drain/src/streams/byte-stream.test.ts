import { createReadStream } from 'node:fs';
import { once } from 'node:events';
import { get, type IncomingMessage, type ServerResponse } from 'node:http';
import { PassThrough, Readable } from 'node:stream';
import { ReadableStream, TextEncoderStream } from 'node:stream/web';
import {
  Controller,
  Get,
  Logger,
  Res,
  StreamableFile,
  UseInterceptors,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { concatMap, from, map, of, type Observable } from 'rxjs';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import {
  adapters,
  nextEvent,
  startApplication,
  type RunningApplication,
} from '../../test/support/application.js';
import { DrainableStream } from '../index.js';
import { byteSource } from './byte-source.js';

const closed = (body: Readable) => new Promise((resolve) => body.once('close', resolve));

/** A source that gives one chunk and then nothing, and says when it was stopped. */
interface Quiet<Body> {
  readonly body: Body;
  readonly stopped: Promise<unknown>;
}

function quietNode(): Quiet<Readable> {
  const body = new PassThrough();
  body.write('a');
  return { body, stopped: closed(body) };
}

function quietWeb(): Quiet<ReadableStream<Uint8Array>> {
  let cancel: (value: unknown) => void = () => undefined;
  const stopped = new Promise((resolve) => (cancel = resolve));
  const start = (controller: { enqueue(chunk: Uint8Array): void }) =>
    controller.enqueue(Buffer.from('a'));
  return { body: new ReadableStream({ start, cancel }), stopped };
}

async function* quietGenerator(): AsyncGenerator<string> {
  yield 'a';
  await new Promise(() => undefined);
}

/** A Response of another library. */
class ForeignResponse {
  readonly status = 200;
  readonly headers = new Headers({ 'content-type': 'text/plain' });
  readonly [Symbol.toStringTag] = 'Response';
  constructor(readonly body: unknown) {}
}

class CsvFile extends StreamableFile {
  override getHeaders() {
    return { ...super.getHeaders(), type: 'text/csv', disposition: 'inline; filename="x.csv"' };
  }
}

const through = (change: (value: never) => unknown): NestInterceptor => ({
  intercept: (_: ExecutionContext, next: CallHandler) =>
    next.handle().pipe(map((value: unknown) => change(value as never))),
});

let missing: Readable;
/** Works on until the stream that the handler has returned is closed by its failure. */
const afterFailure: NestInterceptor = {
  intercept: (_: ExecutionContext, next: CallHandler) =>
    next.handle().pipe(
      concatMap(async (value: unknown) => {
        if (!missing.closed) await closed(missing);
        return value;
      }),
    ),
};

let stopped: Promise<unknown>;
let answer: (value: unknown) => void;

function given<Body>(source: Quiet<Body>): Body {
  stopped = source.stopped;
  return source.body;
}

@Controller('quiet')
@DrainableStream({ farewell: 'bye' })
class QuietController {
  @Get('node')
  node(): Readable {
    return given(quietNode());
  }

  @Get('web')
  web(): ReadableStream {
    return given(quietWeb());
  }

  @Get('file')
  file(): StreamableFile {
    return new StreamableFile(given(quietNode()));
  }

  @Get('response')
  response(): Response {
    return new Response(given(quietWeb()) as never);
  }

  @Get('foreign')
  foreign(): ForeignResponse {
    return new ForeignResponse(given(quietWeb()));
  }

  @Get('observable-file')
  observableFile(): Observable<StreamableFile> {
    return from(Promise.resolve(given(quietNode()))).pipe(map((data) => new StreamableFile(data)));
  }

  @Get('observable-generator')
  observableGenerator(): Observable<AsyncGenerator<string>> {
    return of(quietGenerator());
  }

  @Get('late')
  late(): Promise<unknown> {
    return new Promise((resolve) => (answer = resolve));
  }
}

@Controller('silent')
@DrainableStream()
class NoFarewellController {
  @Get('file')
  file(): StreamableFile {
    return new StreamableFile(quietNode().body);
  }

  @Get('generator')
  generator(): AsyncGenerator<string> {
    return quietGenerator();
  }

  @Get('written')
  written(@Res() response: ServerResponse | { raw: ServerResponse }): void {
    ('raw' in response ? response.raw : response).write('a');
  }
}

function kinds(path: string, decorate: () => ClassDecorator) {
  @Controller(path)
  @decorate()
  class KindsController {
    @Get('node')
    @UseInterceptors(through((value: Readable) => value.map((chunk: string) => `${chunk}!`)))
    node(): Readable {
      return Readable.from(['one', 'two']);
    }

    @Get('web')
    @UseInterceptors(
      through((value: ReadableStream) => value.pipeThrough(new TextEncoderStream() as never)),
    )
    web(): ReadableStream {
      return ReadableStream.from(['one', 'two']);
    }

    @Get('csv')
    @UseInterceptors(through((value: unknown) => (value instanceof CsvFile ? value : 'another')))
    csv(): StreamableFile {
      return new CsvFile(Readable.from(['a,b\n']));
    }

    @Get('fetched')
    fetched(): Response {
      // As `fetch()` leaves it: decoded, but with the header of what was encoded.
      const response = new Response(ReadableStream.from([Buffer.from('decoded')]) as never, {
        headers: { 'content-encoding': 'gzip' },
      });
      return Object.defineProperty(response, 'type', { value: 'basic' });
    }

    @Get('synchronous')
    synchronous(): object {
      const chunks = ['one', 'two'];
      const next = () => ({ done: chunks.length === 0, value: chunks.shift() });
      return { [Symbol.asyncIterator]: () => ({ next }) };
    }

    @Get('locked')
    locked(): ReadableStream {
      const stream = ReadableStream.from(['one']);
      stream.getReader();
      return stream;
    }

    @Get('failed')
    @UseInterceptors(afterFailure)
    failed(): Readable {
      missing = createReadStream('/nonexistent');
      return missing;
    }
  }
  return KindsController;
}

const bare = kinds('plain', () => () => undefined);
const decorated = kinds('drain', () => DrainableStream());

describe.each(adapters)('byte streams on %s', (adapter) => {
  let running: RunningApplication;
  afterEach(() => running.close());

  test.each(['node', 'web', 'csv', 'fetched', 'synchronous', 'locked', 'failed'])(
    'law 9: what a handler returned keeps its kind and its own methods: %s',
    async (route) => {
      running = await startApplication(adapter, { controllers: [bare, decorated] });
      const ask = async (prefix: string) => {
        const response = await fetch(`${running.url}/${prefix}/${route}`);
        const headers = Object.fromEntries(response.headers);
        delete headers['date'];
        return { status: response.status, headers, body: await response.text() };
      };
      const expected = await ask('plain');
      expect(await ask('drain')).toEqual(expected);
      expect(expected.status).toBe(['locked', 'failed'].includes(route) ? 500 : 200);
    },
  );

  const quiet = ['node', 'web', 'file', 'response', 'foreign', 'observable-file'];

  test.each(quiet)('a quiet source is stopped when its client leaves: %s', async (route) => {
    running = await startApplication(adapter, { controllers: [QuietController] });
    const request = get(`${running.url}/quiet/${route}`);
    request.on('error', () => undefined);
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    response.on('error', () => undefined);
    await once(response, 'data');
    request.destroy();
    await stopped;
  });

  test.each([...quiet, 'observable-generator'])(
    'law 5: a quiet source is stopped at the deadline, and its client gets the farewell: %s',
    async (route) => {
      const options = { timeout: 10 };
      running = await startApplication(adapter, { controllers: [QuietController], options });
      stopped = Promise.resolve();
      const response = await fetch(`${running.url}/quiet/${route}`);
      const report = running.drain.start('test');
      running.clock.advance(10_000);
      expect(await response.text()).toBe('abye');
      expect(await report).toMatchObject({ cancelled: 1, cut: 0, completed: 0 });
      await stopped;
    },
  );

  test.each(['file', 'generator', 'written'])(
    'bytes without a farewell are cut at the deadline, and the log says so, with the remedy: %s',
    async (route) => {
      const options = { timeout: 10 };
      running = await startApplication(adapter, { controllers: [NoFarewellController], options });
      const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
      const response = await fetch(`${running.url}/silent/${route}`);
      const report = running.drain.start('test');
      running.clock.advance(10_000);
      await expect(response.text()).rejects.toThrow();
      expect(await report).toMatchObject({ cancelled: 0, cut: 1 });
      const hints = warn.mock.calls
        .map(([line]) => String(line))
        .filter((line) => / cut/.test(line));
      warn.mockRestore();
      expect(hints.slice(1)).toEqual([
        `1 stream cut at the deadline; the oldest had run 10 s (GET /silent/${route}): no farewell could be sent, ` +
          'and without one a clean end would pass for a whole answer. ' +
          `If the answers are bytes, set \`farewell\` on GET /silent/${route} to a text or bytes. ` +
          'If they are events that the handler writes itself, write each in one piece. ' +
          'If they take longer than `timeout` (10 s), raise it.',
      ]);
    },
  );

  test('what a handler answers with after the deadline is stopped', async () => {
    const options = { timeout: 10 };
    running = await startApplication(adapter, { controllers: [QuietController], options });
    const admitted = nextEvent(running.drain, 'admitted');
    const response = fetch(`${running.url}/quiet/late`);
    await admitted;
    void running.drain.start('test');
    running.clock.advance(10_000);
    expect((await response).status).toBe(503);
    const late = quietNode();
    answer(new StreamableFile(late.body));
    await late.stopped;
  });
});

test('a Node stream that fails before it is read reports it to its first reader, and to no process', async () => {
  const body = new Readable({ read: () => undefined });
  const source = byteSource(body);
  const failure = new Error('no such file');
  body.destroy(failure);
  await closed(body);
  await expect(source.next()).rejects.toBe(failure);
});

test('nothing is opened before the first chunk is asked for, and a generator that never ran is closed', async () => {
  let started = false;
  async function* generator(): AsyncGenerator<string> {
    started = true;
    yield await Promise.resolve('never');
  }
  const source = byteSource(generator());
  source.stop();
  expect(await source.next()).toMatchObject({ done: true });
  expect(started).toBe(false);
});
