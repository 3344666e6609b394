import { describe, expect, it } from '@jest/globals';
import { StoreUnavailableError } from '../errors.js';
import { ManualClock } from '../testing/manual-clock.js';
import type { RedisConnection } from './connection.js';
import { ScriptRunner } from './script-runner.js';

function refusing(message: string): ScriptRunner {
  const connection: Pick<RedisConnection, 'send'> = {
    send: () => Promise.reject(new Error(message)),
  };
  return new ScriptRunner(connection as RedisConnection, new ManualClock(), 5_000);
}

const inScript = (error: string) =>
  `ERR Error running script (call to f_0a1b): @user_script:18: @user_script: 18: ${error}`;

const full = "OOM command not allowed when used memory > 'maxmemory'.";
const readOnly = "READONLY You can't write against a read only replica.";
const wrongType = 'WRONGTYPE Operation against a key holding the wrong kind of value';

describe('an error that the server answers with', () => {
  it.each([full, readOnly, inScript(`-${full}`), inScript(`-${readOnly}`), 'Socket closed'])(
    'passes: %s',
    async (message) => {
      const answer = refusing(message).run('return {}', ['key'], []);
      await expect(answer).rejects.toThrow(StoreUnavailableError);
    },
  );

  it.each([
    wrongType,
    inScript(`-${wrongType}`),
    inScript('attempt to call a nil value'),
    'ERR syntax error',
    'NOAUTH Authentication required.',
  ])('does not pass: %s', async (message) => {
    const answer = refusing(message).run('return {}', ['key'], []);
    await expect(answer).rejects.not.toThrow(StoreUnavailableError);
  });
});

it('a client that throws instead of answering counts like one that rejects', async () => {
  const send = (): never => {
    throw new Error('Socket closed');
  };
  const connection: Pick<RedisConnection, 'send'> = { send };
  const runner = new ScriptRunner(connection as RedisConnection, new ManualClock(), 5_000);
  await expect(runner.run('return {}', ['key'], [])).rejects.toThrow(StoreUnavailableError);
});
