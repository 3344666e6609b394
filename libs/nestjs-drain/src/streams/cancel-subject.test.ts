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
});
