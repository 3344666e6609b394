import { expect, test } from '@jest/globals';
import { MemoryResumeStore } from './memory-store.js';
import { StreamProducers } from './stream-producers.js';

test.each<[string, () => unknown, RegExp]>([
  [
    'a typing mistake',
    () => new MemoryResumeStore({ maxByts: 1 } as object),
    /MemoryResumeStore has no option `maxByts`; it knows `maxBytes`/,
  ],
  ['a bound of 0', () => new MemoryResumeStore({ maxStreams: 0 }), /`maxStreams` is 0; set a/],
  [
    'no store',
    () => new StreamProducers({ store: {} as never }),
    /`store` is .*; set a MemoryResumeStore or a RedisResumeStore/,
  ],
  [
    'an endless lease',
    () => new StreamProducers({ store: new MemoryResumeStore(), lease: Infinity }),
    /`lease` is Infinity; set a number above 0/,
  ],
])('%s is refused with the remedy', (_, open, message) => {
  expect(open).toThrow(message);
});
