import {
  Controller,
  Query,
  Sse,
  type MessageEvent,
  type Type,
  ValidationPipe,
} from '@nestjs/common';
import { MemoryResumeStore } from 'nestjs-drain-resume';
import { of, type Observable } from 'rxjs';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import {
  adapters,
  startApplication,
  type Adapter,
  type RunningApplication,
} from '../../test/support/application.js';
import { CurrentStream, DrainableStream, DrainSignal } from '../index.js';
import { DrainResumeModule, StreamCursor } from '../resume/index.js';

/** A type that is a class, so that pipes see it: that of every `AbortSignal` is. */
class Kept {}
class Asked {}

let seen: unknown[];
const keep = (...values: unknown[]): Observable<MessageEvent> => {
  seen = values;
  return of({ data: 'one' });
};

@Controller()
class PipedController {
  @Sse('signal')
  @DrainableStream()
  signal(@DrainSignal() signal: AbortSignal, @Query() query: Asked): Observable<MessageEvent> {
    return keep(signal, query);
  }

  @Sse('stream')
  @DrainableStream()
  stream(@Query() query: Asked, @CurrentStream() stream: Kept): Observable<MessageEvent> {
    return keep(stream, query);
  }

  @Sse('resumable')
  @DrainableStream({ resumable: true })
  resumable(@StreamCursor() cursor: Kept, @Query() query: Asked): Observable<MessageEvent> {
    return keep(cursor, query);
  }
}

/** With what class-validator and class-transformer do to a value whose type is a class. */
function validation(): ValidationPipe {
  const transformed = (type: Type<object>, value: object): object =>
    Object.assign(new type(), value);
  return new ValidationPipe({
    validateCustomDecorators: true,
    transform: true,
    validatorPackage: { validate: () => [] },
    transformerPackage: { plainToInstance: transformed as never, classToPlain: () => ({}) },
  });
}

describe.each(adapters)(
  'behind a pipe that validates custom decorators, on %s',
  (adapter: Adapter) => {
    let running: RunningApplication;
    beforeEach(async () => {
      const store = new MemoryResumeStore();
      running = await startApplication(adapter, {
        controllers: [PipedController],
        imports: [DrainResumeModule.forRoot({ store })],
        prepare: (application) => void application.useGlobalPipes(validation()),
      });
    });
    afterEach(() => running.close());

    test.each([
      ['signal', AbortSignal],
      ['stream', undefined],
      ['resumable', undefined],
    ])('a handler gets what the drain injects: %s', async (path, type) => {
      const answer = await fetch(`${running.url}/${path}?a=1`);
      expect([answer.status, await answer.text()]).toEqual([
        200,
        expect.stringContaining('data: one'),
      ]);
      const [injected, query] = seen;
      if (type) expect(injected).toBeInstanceOf(type);
      expect(injected).not.toBeInstanceOf(Kept);
      // Other parameters keep their type.
      expect(query).toBeInstanceOf(Asked);
    });
  },
);
