import { describe, expect, it } from '@jest/globals';
import { Commands } from './commands.js';
import type { PgPool } from './connection.js';
import { Lanes } from './lanes.js';
import { PostgresResumeStore } from './postgres-store.js';
import { postgresSchema } from './schema.js';
import { fromText, toText } from './text.js';
import { systemClock } from '../clock.js';
import { StoreUnavailableError } from '../errors.js';

const pool = { connect: () => Promise.reject(new Error('none')) } as PgPool;

describe('PostgreSQL store options', () => {
  it('that cannot work are refused with what to set', () => {
    const open = (options: object) => () => new PostgresResumeStore({ pool, ...options });
    expect(open({ commandTimeout: 0 })).toThrow('`commandTimeout` is 0; set a number above 0.');
    expect(open({ schema: 'Drain"; drop' })).toThrow('lower-case letters, digits and underscores');
    expect(open({ prefix: 'x' })).toThrow(
      'PostgresResumeStore has no option `prefix`; it knows `pool`',
    );
    expect(open({ pool: {} })).toThrow('set a Pool of pg');
    expect(() => new PostgresResumeStore(pool as never)).toThrow(
      'PostgresResumeStore is given an object without `pool`; set new PostgresResumeStore({ pool }).',
    );
    expect(open({ listen: 'here' })).toThrow('set a function that makes a Client of pg, or false');
    const single = { ...pool, options: { max: 1 } };
    expect(open({ pool: single })).toThrow('raise its `max`, or set `listen`');
    expect(open({ pool: single, listen: false })).not.toThrow();
    expect(open({})).not.toThrow();
  });

  it('name the schema in every statement of the setup', () => {
    const sql = postgresSchema('answers');
    expect(sql).not.toContain('$schema');
    expect(sql).not.toContain('drain.');
    expect(sql).toContain('create table if not exists "answers".streams');
  });
});

describe('texts', () => {
  it.each(['', 'é→🐘', 'a\0b', '\u0001', '\u00011\u00010\0\u0001\0'])(
    'go in without U+0000 and come out as they were: %j',
    (text) => {
      expect(toText(text)).not.toContain('\0');
      expect(fromText(toText(text))).toBe(text);
    },
  );
});

describe('what a database answers', () => {
  /** @param times how often, until it answers with no rows */
  const answering = (code: string | undefined, severity?: string, times = Infinity) => {
    let left = times;
    const client = {
      query: () => {
        left -= 1;
        if (left < 0) return Promise.resolve({ rows: [] });
        return Promise.reject(Object.assign(new Error('no'), { code, severity }));
      },
      on: () => undefined,
      removeListener: () => undefined,
      release: (destroy?: boolean) => released.push(destroy),
    };
    const released: (boolean | undefined)[] = [];
    const connect = () => Promise.resolve(client);
    const options = { clock: systemClock, timeout: 1000, onSilence: () => undefined };
    const commands = new Commands({ pool: { connect }, ...options });
    return { commands, released };
  };

  it.each(['57P01', '57014', '25006', '53300', '08006', '58030'])(
    'passes: SQLSTATE %s, on another connection',
    async (code) => {
      const { commands, released } = answering(code, 'ERROR');
      await expect(commands.run('select 1')).rejects.toBeInstanceOf(StoreUnavailableError);
      expect(released).toEqual([true]);
    },
  );

  it('is none for a while if another transaction has won', async () => {
    const { commands, released } = answering('40001', 'ERROR', 3);
    expect(await commands.run('select 1')).toEqual([]);
    expect(released).toEqual([false, false, false, false]);
    await expect(answering('40001', 'ERROR').commands.run('select 1')).rejects.toBeInstanceOf(
      StoreUnavailableError,
    );
  });

  it('passes: a connection that broke', async () => {
    const { commands } = answering('ECONNRESET');
    await expect(commands.run('select 1')).rejects.toBeInstanceOf(StoreUnavailableError);
  });

  it.each(['28P01', '42501', '23514', '22P02'])('does not pass: SQLSTATE %s', async (code) => {
    const { commands } = answering(code, 'ERROR');
    await expect(commands.run('select 1')).rejects.not.toBeInstanceOf(StoreUnavailableError);
  });

  it('says what to do without a schema', async () => {
    const { commands } = answering('42883', 'ERROR');
    await expect(commands.run('select 1')).rejects.toThrow('await store.setup()');
  });
});

describe('what is done to one stream', () => {
  it('is done in its order, and to another one meanwhile', async () => {
    const lanes = new Lanes();
    const done: string[] = [];
    let go: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (go = resolve));
    const first = lanes.run('a', () => gate.then(() => done.push('a1')));
    const second = lanes.run('a', () => Promise.resolve(done.push('a2')));
    await lanes.run('b', () => Promise.resolve(done.push('b')));
    go();
    await Promise.all([first, second]);
    expect(done).toEqual(['b', 'a1', 'a2']);
  });

  it('is done behind what failed', async () => {
    const lanes = new Lanes();
    const failing = lanes.run('a', () => Promise.reject(new Error('no')));
    const next = lanes.run('a', () => Promise.resolve('next'));
    await expect(failing).rejects.toThrow('no');
    expect(await next).toBe('next');
  });
});
