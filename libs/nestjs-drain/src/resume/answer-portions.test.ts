import { expect, test } from '@jest/globals';
import type { FollowedStream, StreamEvent } from 'nestjs-drain-resume';
import { AnswerPortions } from './answer-portions.js';

test('a reading is left where an event of the log cannot be read', async () => {
  let isLeft = false;
  // eslint-disable-next-line @typescript-eslint/require-await -- what a reading brings comes in its time
  async function* pages(): AsyncGenerator<readonly StreamEvent[]> {
    try {
      yield [{ sequence: 0, epoch: 1, payload: 'd"whole"' }];
      yield [{ sequence: 1, epoch: 1, payload: 'd"half' }];
    } finally {
      isLeft = true;
    }
  }
  const stream = { id: 's', pages } as unknown as FollowedStream;
  const position = { id: 's', after: -1, epoch: undefined };
  const portions = new AnswerPortions(
    stream,
    position,
    () => undefined,
    () => undefined,
  );
  const [place, first] = [await portions.next(), await portions.next()];
  expect(place.value).toMatchObject({ events: [{ id: 's:-1' }] });
  expect(first.value).toMatchObject({ events: [{ id: 's:1:0', data: 'whole' }] });
  expect(isLeft).toBe(false);
  await expect(portions.next()).rejects.toThrow(SyntaxError);
  expect(isLeft).toBe(true);
});
