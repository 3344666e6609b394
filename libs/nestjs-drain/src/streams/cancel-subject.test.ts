import { describe, expect, it } from '@jest/globals';
import { CancelSubject } from './cancel-subject.js';

function setUp() {
  const subject = new CancelSubject();
  const told: string[] = [];
  const tell = (name: string) => subject.subscribe(() => told.push(name));
  return { subject, told, tell };
}

describe('the cancel subject of a stream', () => {
  it('calls every subscriber once, in the order of subscription', () => {
    const { subject, told, tell } = setUp();
    tell('first');
    tell('second');
    expect([subject.isCancelled, told]).toEqual([false, []]);
    subject.cancel();
    subject.cancel();
    expect([subject.isCancelled, told]).toEqual([true, ['first', 'second']]);
  });

  it('calls a late subscriber at once', () => {
    const { subject, told, tell } = setUp();
    subject.cancel();
    tell('late')();
    expect(told).toEqual(['late']);
  });

  it('does not call a subscriber that has left', () => {
    const { subject, told, tell } = setUp();
    const forget = tell('gone');
    tell('there');
    forget();
    subject.cancel();
    expect(told).toEqual(['there']);
  });

  it('is observed as long as one subscriber is left', () => {
    const { subject, told, tell } = setUp();
    const seen = [subject.isObserved];
    const leave = ['first', 'second', 'third'].map(tell);
    for (const one of leave) {
      seen.push(subject.isObserved);
      one();
    }
    leave[0]!();
    seen.push(subject.isObserved);
    subject.cancel();
    expect([seen, told]).toEqual([[false, true, true, true, false], []]);
  });

  it('goes on to the next where a subscriber leaves while it is called', () => {
    const { subject, told, tell } = setUp();
    const leaving = { onCancel: () => void (told.push('leaving'), subject.remove(leaving)) };
    subject.add(leaving);
    tell('next');
    subject.cancel();
    expect([told, subject.isObserved]).toEqual([['leaving', 'next'], false]);
  });
});
