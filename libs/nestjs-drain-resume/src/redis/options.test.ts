import { describe, expect, it } from '@jest/globals';
import { createClient, createCluster } from '@redis/client';
import { Redis } from 'ioredis';
import type { RedisConnection } from './connection.js';
import { fromIoredis } from './ioredis.js';
import { fromNodeRedis, fromNodeRedisCluster } from './node-redis.js';
import { RedisResumeStore } from './redis-store.js';

const some = () => Promise.resolve();
const connection = { send: some, subscribe: some } as unknown as RedisConnection;

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

describe('what is given in the place of a connection', () => {
  const example = 'set new RedisResumeStore({ connection: fromNodeRedis(client) }).';

  it.each([
    ['a connection', connection, 'an object'],
    ['a url', 'redis://:secret@localhost', 'a text'],
    ['nothing', undefined, 'undefined'],
    ['null', null, 'null'],
  ])('is refused with how the store is made: %s', (_, given, shown) => {
    const message = `RedisResumeStore is given ${shown} without \`connection\`; ${example}`;
    expect(() => new RedisResumeStore(given as never)).toThrow(message);
  });

  it('is refused as an option, without the password of its url', () => {
    const open = (wrong: unknown) => () => new RedisResumeStore({ connection: wrong as never });
    const remedy = 'set fromNodeRedis(client) or fromIoredis(client).';
    expect(open('redis://:secret@localhost')).toThrow(`\`connection\` is a text; ${remedy}`);
    expect(open(Promise.resolve())).toThrow(`\`connection\` is a promise (await it); ${remedy}`);
  });
});

describe('what is given in the place of a client', () => {
  const node = createClient();
  const cluster = createCluster({ rootNodes: [] });
  const io = new Redis({ lazyConnect: true });

  it('is taken, if it is one', () => {
    expect(() => fromNodeRedis(node)).not.toThrow();
    expect(() => fromNodeRedisCluster(cluster as never)).not.toThrow();
    expect(() => fromIoredis(io)).not.toThrow();
  });

  it.each([['redis://:secret@localhost'], [undefined], [Promise.resolve()], [io], [{}]])(
    'is refused at once by fromNodeRedis: %#',
    (given) => {
      const remedy = /^`client` is .*; set a client of createClient\(\) of @redis\/client\.$/;
      expect(() => fromNodeRedis(given as never)).toThrow(remedy);
      expect(() => fromNodeRedis(given as never)).not.toThrow(/secret/);
    },
  );

  it('is refused at once by the others', () => {
    expect(() => fromNodeRedis(cluster as never)).toThrow('use fromNodeRedisCluster(cluster).');
    expect(() => fromNodeRedisCluster(node as never)).toThrow('set a cluster of createCluster()');
    expect(() => fromIoredis(node as never)).toThrow('set an instance of ioredis.');
    expect(() => fromIoredis('redis://localhost' as never)).toThrow('`client` is a text; set an');
  });

  it('says how to connect it, if it is not', async () => {
    const store = new RedisResumeStore({ connection: fromNodeRedis(node) });
    await expect(store.newId()).rejects.toThrow(
      'Redis cannot be asked: The client is closed. Connect it with `await client.connect()` before the ' +
        'application starts, and close it behind the application.',
    );
  });
});
