import { expect, test } from '@jest/globals';
import { KeyedStreams } from './keyed-streams.js';
import { MemoryResumeStore } from './memory-store.js';

const words = Array.from({ length: 600 }, (_, n) => `word${n} `);
const textOf = (chunks: readonly Uint8Array[]): string => Buffer.concat(chunks).toString();

async function logged(): Promise<KeyedStreams> {
  const streams = KeyedStreams.open({ store: new MemoryResumeStore() });
  for await (const chunk of await streams.run('talk', () => words)) void chunk;
  return streams;
}

test('pages follow each other without a gap, and only the last one is the end', async () => {
  const log = (await logged()).log('talk');
  let page = await log.page();
  let text = textOf(page.chunks);
  for (; !page.isEnd; text += textOf(page.chunks)) {
    expect(page.isUpToDate).toBe(false);
    page = await log.page(page.place);
  }
  expect(text).toBe(words.join(''));
  expect(await log.tail()).toEqual({ ...page, chunks: [] });
  expect(await log.page(page.place)).toEqual({ ...page, chunks: [] });
});

test('what is logged later follows, until the end', async () => {
  let say!: (word: string) => void;
  const word = new Promise<string>((resolve) => (say = resolve));
  const streams = KeyedStreams.open({ store: new MemoryResumeStore() });
  await streams.run('talk', async function* () {
    yield 'one ';
    yield await word;
  });
  const read: string[] = [];
  let isWhole = false;
  const pages = streams
    .log('talk')
    .pages({ after: -1, epoch: undefined }, new AbortController().signal);
  for await (const { chunks, isEnd } of pages) {
    read.push(textOf(chunks));
    isWhole = isEnd;
    say('two');
  }
  expect([read.join(''), isWhole]).toEqual(['one two', true]);
});

test('a stream is unknown to another principal, and another history is noticed', async () => {
  const streams = await logged();
  await expect(streams.log('talk', { principal: 'mallory' }).tail()).rejects.toMatchObject({
    status: 404,
  });
  const { place } = await streams.log('talk').tail();
  const other = { ...place, epoch: place.epoch! + 1 };
  await expect(streams.log('talk').page(other)).rejects.toMatchObject({ status: 410 });
});
