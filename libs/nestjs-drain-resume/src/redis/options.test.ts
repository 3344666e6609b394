import { describe, expect, it } from '@jest/globals';
import type { RedisConnection } from './connection.js';
import { RedisResumeStore } from './redis-store.js';

const connection = {} as RedisConnection;

describe('Redis store options', () => {
  it('that cannot work are refused with what to set', () => {
    const open = (options: object) => () => new RedisResumeStore({ connection, ...options });
    expect(open({ commandTimeout: 0 })).toThrow('`commandTimeout` is 0; set a number above 0.');
    expect(open({ poll: Number.NaN })).toThrow('`poll` is NaN; set a number above 0.');
    expect(open({ prefix: '{app}' })).toThrow('set one without braces');
    expect(open({})).not.toThrow();
  });
});
