import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { StreamEvent } from 'nestjs-drain-resume';
import { largestPortion } from '../core/resumption.js';
import { loggedEnd, loggedEvent, loggedFailure } from './logged.js';
import { portionOf } from './portions.js';
import { EventIds } from './position.js';

const eventsOf = (payloads: readonly string[]): StreamEvent[] =>
  payloads.map((payload, sequence) => ({ sequence, payload, epoch: 35 }));

function portionsOf(page: readonly StreamEvent[], retry?: number) {
  const portions: ReturnType<typeof portionOf>[] = [];
  for (let from = 0; from < page.length && !portions.at(-1)?.isLast; from = portions.at(-1)!.end) {
    portions.push(portionOf(new EventIds('s'), page, from, from === 0 ? retry : undefined));
  }
  return portions;
}

const data = fc.oneof(
  { weight: 5, arbitrary: fc.string({ maxLength: 30 }) },
  fc.nat({ max: 20_000 }).map((length) => 'x'.repeat(length)),
);

describe('a page of a log, in portions', () => {
  test('holds every event once and in order, and no portion is larger than Nest is given in a turn', () => {
    const law = fc.property(fc.array(data, { maxLength: 200 }), fc.boolean(), (texts, isEnded) => {
      const logged = texts.map((text) => loggedEvent({ data: text }) ?? '');
      const page = eventsOf(isEnded ? [...logged, loggedEnd] : logged);
      const portions = portionsOf(page);
      const given = portions.flatMap(({ events }) => events);
      expect(given).toEqual(texts.map((text, index) => ({ id: `s:z:${index}`, data: text })));
      for (const { events, characters } of portions) {
        expect(events.length).toBeLessThanOrEqual(largestPortion.events);
        if (events.length > 1) expect(characters).toBeLessThanOrEqual(largestPortion.characters);
        const length = events.reduce((sum, event) => sum + (event.data as string).length, 0);
        expect(characters).toBeGreaterThanOrEqual(length);
      }
      expect(portions.map(({ isLast }) => isLast)).toEqual(
        portions.map((_, index) => isEnded && index === portions.length - 1),
      );
    });
    fc.assert(law, { numRuns: 200 });
  });

  test('ends with a failure, which the client gets', () => {
    const page = eventsOf([loggedEvent('a') ?? '', loggedFailure(new Error('x'), undefined)]);
    const [portion, ...rest] = portionsOf(page);
    expect(rest).toEqual([]);
    expect(portion).toMatchObject({
      isLast: true,
      events: [{ data: 'a' }, { type: 'error', data: 'Internal server error' }],
    });
  });

  test('says once when to come back', () => {
    const page = eventsOf(['a', 'b'].map((text) => loggedEvent(text) ?? ''));
    const [portion] = portionsOf(page, 500);
    expect(portion?.events.map(({ retry }) => retry)).toEqual([500, undefined]);
  });
});
