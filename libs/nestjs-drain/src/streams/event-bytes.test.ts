import { Readable, PassThrough } from 'node:stream';
import {
  Controller,
  Get,
  Header,
  StreamableFile,
  UseInterceptors,
  type CallHandler,
  type ExecutionContext,
} from '@nestjs/common';
import { tap, type Observable } from 'rxjs';
import { afterEach, describe, expect, test } from '@jest/globals';
import {
  adapters,
  startApplication,
  type Adapter,
  type RunningApplication,
} from '../../test/support/application.js';
import { DrainableStream } from '../index.js';

let source: PassThrough;

function begun(): PassThrough {
  source = new PassThrough();
  source.write('data: 1\n\n');
  return source;
}

const type = 'text/event-stream';
const farewell = { type: 'bye', data: 'x' };

@Controller('finite')
@DrainableStream({ farewell })
class FiniteController {
  @Get('generator')
  @Header('Content-Type', type)
  async *generator(): AsyncGenerator<string> {
    for await (const chunk of begun()) yield String(chunk);
  }

  @Get('file')
  file(): StreamableFile {
    return new StreamableFile(begun(), { type });
  }

  @Get('response')
  response(): Response {
    return new Response(Readable.toWeb(begun()) as never, { headers: { 'content-type': type } });
  }
}

/** Runs the handler twice, and sends the first answer alone. */
const asksTwice = {
  intercept: (_: ExecutionContext, next: CallHandler): Observable<unknown> =>
    next.handle().pipe(
      tap(() => {
        const sent = source;
        next.handle().subscribe(() => (source = sent));
      }),
    ),
};

@Controller('finite/twice')
@DrainableStream({ farewell })
class TwiceController {
  @Get()
  @UseInterceptors(asksTwice)
  file(): StreamableFile {
    return new StreamableFile(begun(), { type });
  }
}

const kinds = ['generator', 'file', 'response'];

describe.each(adapters)('an event stream of bytes on %s', (adapter: Adapter) => {
  let running: RunningApplication;
  const open = async (path: string): Promise<() => Promise<string>> => {
    const options = { timeout: 10 };
    running = await startApplication(adapter, {
      controllers: [FiniteController, TwiceController],
      options,
    });
    const answer = await fetch(`${running.url}/finite/${path}`);
    const reader = answer.body!.pipeThrough(new TextDecoderStream() as never).getReader();
    let text = '';
    while (!text.endsWith('1\n\n')) text += String((await reader.read()).value);
    return async () => {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return text;
        text += String(value);
      }
    };
  };
  const expire = async () => {
    const report = running.drain.start('test');
    running.clock.advance(10_000);
    return report;
  };
  const arrived = async (chunk: string): Promise<void> => {
    source.write(chunk);
    while (source.readableLength > 0) await new Promise(setImmediate);
    await new Promise(setImmediate);
  };
  afterEach(() => running.close());

  test.each(kinds)('ends with its farewell as an event: %s', async (path) => {
    const rest = await open(path);
    const report = expire();
    expect(await rest()).toBe('data: 1\n\nevent: bye\ndata: x\n\n');
    expect(await report).toMatchObject({ cancelled: 1, cut: 0 });
  });

  test.each(kinds)('first lets the event become whole that is under way: %s', async (path) => {
    const rest = await open(path);
    await arrived('data: t');
    const report = expire();
    source.write('wo\n\n');
    expect(await rest()).toBe('data: 1\n\ndata: two\n\nevent: bye\ndata: x\n\n');
    expect(await report).toMatchObject({ cancelled: 1, cut: 0 });
  });

  test.each([...kinds, 'twice'])('law 5: is cut if it ends within an event: %s', async (path) => {
    const rest = await open(path);
    const lacking: boolean[] = [];
    running.drain.events.on('released', ({ stream }) => lacking.push(stream.lacksFarewell));
    await arrived('data: t');
    const report = expire();
    source.end('wo');
    await expect(rest()).rejects.toThrow();
    expect(await report).toMatchObject({ cancelled: 0, cut: 1 });
    expect(lacking).toEqual([true]);
  });
});
