import { describe, expect, it } from '@jest/globals';
import { EventText } from './event-text.js';
import { LastWords } from './last-words.js';

/** What blocks hold: an event, `retry:`, both, a comment. */
const blocks: Record<string, string> = {
  E: 'data: a\n\n',
  R: 'retry: 50\n\n',
  B: 'id: 1\nretry: 50\ndata: a\n\n',
  C: ':\n\n',
};

describe('the last words of an answer', () => {
  // The habit of the stream × its last words. Answers are separated by a space; the last one is judged.
  it.each<[string, string, boolean]>([
    ['events, and nothing', 'EEE', false],
    ['events, and retry:', 'EEER', true],
    ['events, and retry: with an event', 'EEEB', true],
    ['events, and retry: twice', 'EERR', true],
    ['retry: first', 'REEE', false],
    ['retry: first, and the first event', 'RE', false],
    ['retry: first, and again', 'REER', true],
    ['retry: first, and with an event', 'REEB', true],
    ['retry: first, then heartbeats', 'RCC', false],
    ['retry: behind the first event, then heartbeats', 'ERCC', false],
    ['nothing but retry:, as a refusal', 'R', true],
    ['events, then a refusal', 'EEE R', true],
    ['retry: with the first event', 'BEE', false],
    ['retry: with the first event only', 'B', false],
    ['retry: with the first event, and with the last', 'BEB', false],
    ['retry: with the first event of each answer', 'BEE B', false],
    ['retry: with each event', 'BBB', false],
    ['retry: with each event, and without', 'BBBR', true],
    ['retry: with each event, in two answers', 'BBB BB', false],
    ['retry: with some events', 'EBEEB', false],
    ['retry: behind each event', 'ERERER', false],
    ['retry: behind each event, in the next answer', 'ERERE ER', false],
    ['retry: before each event', 'RERERE', false],
    ['retry: once on the way, and again', 'EEREEER', true],
    ['retry: once on the way', 'EEREE', false],
  ])('%s (%s)', (_, answers, said) => {
    expect(read(answers).said).toBe(said);
  });

  it.each(['reset', 'idle', 'closed'] as const)('are none where the end is %s', (ending) => {
    const words = read('EER');
    words.end(ending, 0);
    expect(words.said).toBe(false);
  });

  it('are none where the end came long after them', () => {
    const [soon, late] = [read('EER'), read('EER')];
    soon.end('clean', 300);
    late.end('clean', 3000);
    expect([soon.said, late.said]).toEqual([true, false]);
  });
});

function read(answers: string): LastWords {
  const words = new LastWords();
  for (const answer of answers.split(' ')) {
    words.begin();
    const text = new EventText({
      event: () => {},
      retry: () => {},
      block: (block) => words.take(block),
    });
    for (const kind of answer) text.read(blocks[kind]!);
    text.end();
  }
  return words;
}
