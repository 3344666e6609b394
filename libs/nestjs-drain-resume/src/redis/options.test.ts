import { describe, expect, it } from '@jest/globals';
import type { RedisConnection } from './connection.js';
import { RedisResumeStore } from './redis-store.js';

const connection = { send: () => Promise.resolve() } as unknown as RedisConnection;

describe('Redis store options', () => {
  it('that cannot work are refused with what to set', () => {
    const open = (options: object) => () => new RedisResumeStore({ connection, ...options });
    expect(open({ commandTimeout: 0 })).toThrow('`commandTimeout` is 0; set a number above 0.');
    expect(open({ poll: Number.NaN })).toThrow('`poll` is NaN; set a number above 0.');
    expect(open({ prefix: '{app}' })).toThrow('set one without braces');
    expect(open({ prefix: '' })).toThrow('`prefix` is ""; set a text.');
    expect(open({ pol: 1 })).toThrow('RedisResumeStore has no option `pol`; it knows `connection`');
    expect(open({ connection: {} })).toThrow('set fromNodeRedis(client) or fromIoredis(client)');
    expect(open({})).not.toThrow();
  });
});
