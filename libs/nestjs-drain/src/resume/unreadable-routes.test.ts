import { Controller, Logger, RequestMethod, Sse, type Type } from '@nestjs/common';
import { expect, jest, test } from '@jest/globals';
import { Test } from '@nestjs/testing';
import { MemoryResumeStore } from 'nestjs-drain-resume';
import { EMPTY } from 'rxjs';
import { DrainableStream, GracefulShutdownModule } from '../index.js';
import { DrainResumeModule } from './index.js';

const post = { method: RequestMethod.POST };

@Controller('lost')
class LostController {
  @Sse('answers', post)
  @DrainableStream({ resumable: true })
  answers() {
    return EMPTY;
  }

  @Sse('by-hand', post)
  @DrainableStream({ resumable: 'handler' })
  byHand() {
    return EMPTY;
  }

  @Sse('plain', post)
  @DrainableStream()
  plain() {
    return EMPTY;
  }
}

@Controller('all')
@DrainableStream({ resumable: true })
class AllController {
  @Sse('answers', { method: RequestMethod.ALL })
  answers() {
    return EMPTY;
  }

  @Sse('two', post)
  begin() {
    return EMPTY;
  }

  @Sse('two')
  read() {
    return EMPTY;
  }
}

async function warningsOf(...controllers: Type[]): Promise<unknown[]> {
  const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
  const imports = [
    GracefulShutdownModule.forRoot({ signals: false }),
    DrainResumeModule.forRoot({ store: new MemoryResumeStore() }),
  ];
  const module = await Test.createTestingModule({ imports, controllers }).compile();
  await module.init();
  const said = warn.mock.calls.map(([message]) => message as unknown);
  warn.mockRestore();
  await module.close();
  return said.filter((message) => String(message).startsWith('Resumable routes'));
}

test('a resumable route to which no client can come back is named at start, with the remedy', async () => {
  const [message, ...others] = await warningsOf(LostController, AllController);
  expect(message).toContain('Resumable routes without GET: POST /lost/answers. ');
  expect(message).toContain('@Sse(path, { method: RequestMethod.ALL })');
  expect(others).toEqual([]);
});

test('nothing is said where each can be read', async () => {
  expect(await warningsOf(AllController)).toEqual([]);
});
