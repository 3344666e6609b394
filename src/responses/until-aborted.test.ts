import { describe, expect, it, jest } from '@jest/globals';
import { untilAborted } from './until-aborted.js';

const collect = async (
  source: AsyncIterable<number>,
  each: (item: number) => void = () => undefined,
) => {
  const items: number[] = [];
  for await (const item of source) {
    items.push(item);
    each(item);
  }
  return items;
};

async function* countTo(last: number) {
  for (let item = 1; item <= last; item += 1) yield await Promise.resolve(item);
}

describe('a source read until aborted', () => {
  it('passes everything on until the signal aborts', async () => {
    expect(await collect(untilAborted(countTo(3), new AbortController().signal))).toEqual([
      1, 2, 3,
    ]);
  });

  it('yields nothing after the abort', async () => {
    const controller = new AbortController();
    const items = untilAborted(countTo(3), controller.signal);
    expect(await collect(items, () => controller.abort())).toEqual([1]);
  });

  it('ends although the source never answers again, and lets go of it', async () => {
    const controller = new AbortController();
    const letGo = jest.fn(() => new Promise<IteratorResult<number>>(() => undefined));
    const deaf: AsyncIterable<number> = {
      [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => undefined), return: letGo }),
    };
    const reading = collect(untilAborted(deaf, controller.signal));
    controller.abort();
    expect(await reading).toEqual([]);
    expect(letGo).toHaveBeenCalledTimes(1);
  });

  it('passes on the error of the source', async () => {
    const failing = {
      async *[Symbol.asyncIterator]() {
        yield await Promise.resolve(1);
        throw new Error('broken');
      },
    };
    const items = untilAborted(failing, new AbortController().signal);
    await expect(collect(items)).rejects.toThrow('broken');
  });
});
