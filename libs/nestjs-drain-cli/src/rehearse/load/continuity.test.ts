import { describe, expect, it } from '@jest/globals';
import { Continuity, type Continuation } from './continuity.js';

type Kind = Continuation['kind'];

/** An id, with other data than `tick` after a slash. */
type Events = readonly string[];

const epochs = ['hojucoh2f3', 'hojucras0e'];

describe('what ids say about an interruption', () => {
  // The habit × what comes next, after a connection that broke.
  it.each<[string, Events, Events, Kind[]]>([
    ['one event, then the next', ['1'], ['2'], ['seamless']],
    ['one event, which may be a repetition or a beginning', ['1'], ['1', '2'], ['unknown']],
    ['one event, and the numbering began at it with other data', ['1/a'], ['1/b'], ['restarted']],
    ['counting, and a repetition', ['6', '7'], ['7', '8'], ['repeated', 'seamless']],
    ['counting, and two repetitions', ['6', '7'], ['7', '7', '8'], ['repeated', 'repeated']],
    ['counting, and a repetition before a gap', ['6', '7'], ['7', '9'], ['repeated', 'gap']],
    ['counting, and a repetition before a beginning', ['6', '7'], ['7', '1'], ['repeated']],
    ['counting, and other data', ['6', '7/a'], ['7/b'], ['restarted']],
    ['counting, and less', ['6', '7'], ['6'], ['restarted']],
    ['going up, and less', ['100', '137'], ['100'], ['restarted']],
    ['going up, and more', ['100', '137'], ['290'], ['unknown']],
    ['always the same', ['1', '1', '1'], ['1', '1'], ['unknown']],
    ['shared by some events', ['1', '2', '2'], ['2', '3'], ['repeated', 'unknown']],
    ['shared by some events, with other data', ['1', '2/a', '2/b'], ['2/c'], ['unknown']],
    ['up and down', ['51', '17', '80'], ['33'], ['unknown']],
    ['up and down, and the next by chance', ['51', '17', '80'], ['81'], ['unknown']],
    ['incomparable, and a repetition', ['a1b', 'c2d'], ['c2d', 'e3f'], ['repeated', 'unknown']],
    ['of Redis, in another millisecond', ['1700-0', '1703-0'], ['1709-0'], ['unknown']],
    ['of Redis, in the same one', ['1700-0', '1703-0'], ['1703-1'], ['seamless']],
    ['of Redis, and a repetition', ['1700-0', '1703-0'], ['1703-0', '1703-1'], ['repeated']],
    ['behind a prefix', ['a:6', 'a:7'], ['a:7', 'a:9'], ['repeated', 'gap']],
    [
      'of nestjs-drain, on another replica',
      [`a1:${epochs[0]}:6`],
      [`a1:${epochs[1]}:7`],
      ['seamless'],
    ],
    [
      'of nestjs-drain, on another replica, with some missing',
      [`a1:${epochs[0]}:5`, `a1:${epochs[0]}:6`],
      [`a1:${epochs[1]}:9`],
      ['gap'],
    ],
    [
      'of nestjs-drain, of another stream',
      [`a1:${epochs[0]}:6`],
      [`b2:${epochs[1]}:7`],
      ['unknown'],
    ],
    ['of leading zeros', ['0009', '0010'], ['0011'], ['seamless']],
  ])('%s', (_, before, after, kinds) => {
    const continuity = interruptedAfter(before, false);
    expect(kindsOf(continuity, after).slice(0, kinds.length)).toEqual(kinds);
  });

  it.each<[string, Events, Events, Kind[]]>([
    ['the first one', ['1', '2'], ['1'], ['anew']],
    ['the only one, which may be a finite answer asked for anew', ['1'], ['1'], ['anew']],
    ['always the same one', ['1', '1'], ['1'], ['anew']],
    ['the last one once more', ['6', '7'], ['7', '8'], ['repeated', 'seamless']],
  ])('after a clean end: %s', (_, before, after, kinds) => {
    expect(kindsOf(interruptedAfter(before, true), after)).toEqual(kinds);
  });

  it('tells numbers apart that are greater than a number can', () => {
    const before = ['9007199254740993022', '9007199254740993023'];
    expect(kindsOf(interruptedAfter(before, false), ['9007199254740993024'])).toEqual(['seamless']);
    expect(interruptedAfter(before, false).take(eventOf('9007199254740993064'))).toEqual({
      kind: 'gap',
      what: '40 events between id 9007199254740993023 and id 9007199254740993064',
    });
    expect(kindsOf(interruptedAfter(before, false), ['9007199254740993022'])).toEqual([
      'restarted',
    ]);
  });

  it('knows each id with which a numbering began', () => {
    const continuity = interruptedAfter(['57'], true);
    expect(kindsOf(continuity, ['1'])).toEqual(['restarted']);
    continuity.interrupt(false);
    expect(kindsOf(continuity, ['1', '2'])).toEqual(['unknown', 'seamless']);
  });

  it.each<[string, Events, Events, Kind[]]>([
    ['denies', ['1', '2'], ['4'], ['gap']],
    ['confirms', ['1', '2'], ['3'], ['seamless']],
    ['does not know a repetition', ['1', '2'], ['2', '3'], ['repeated', 'seamless']],
    ['denies a beginning', ['1'], ['1'], ['gap']],
  ])('believes the function of the user, which %s', (_, before, after, kinds) => {
    const follows = ({ id: a }: { id?: string }, { id: b }: { id?: string }) =>
      Number(a) + 1 === Number(b);
    expect(kindsOf(interruptedAfter(before, false, follows), after)).toEqual(kinds);
  });
});

/** Events came, and the answer ended, cleanly or not. */
function interruptedAfter(
  ids: Events,
  cleanly: boolean,
  follows?: ConstructorParameters<typeof Continuity>[0],
): Continuity {
  const continuity = new Continuity(follows);
  kindsOf(continuity, ids);
  continuity.interrupt(cleanly);
  return continuity;
}

function kindsOf(continuity: Continuity, ids: Events): Kind[] {
  return ids.map((id) => continuity.take(eventOf(id)).kind);
}

function eventOf(text: string) {
  const [id, data = 'tick'] = text.split('/');
  return { event: 'message', id: id!, data };
}
