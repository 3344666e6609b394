import { describe, expect, it } from '@jest/globals';
import { chooseRequestId } from './request-id.js';

describe('the request id', () => {
  it('is the first one given that is safe to repeat', () => {
    expect(chooseRequestId('a-1', 'b-2')).toBe('a-1');
    expect(chooseRequestId(undefined, 'b-2')).toBe('b-2');
  });

  it.each(['', 'a b', 'a\r\nSet-Cookie: b', 'é', 'x'.repeat(129), ['a', 'b']])(
    'is never %j, which would be unsafe',
    (candidate) => {
      expect(chooseRequestId(candidate, 'safe')).toBe('safe');
    },
  );

  it('is new when none was given', () => {
    expect(chooseRequestId()).toMatch(/^req_[0-9a-f]{48}$/);
    expect(chooseRequestId()).not.toBe(chooseRequestId());
  });
});
