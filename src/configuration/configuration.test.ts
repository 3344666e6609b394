import { describe, expect, it } from '@jest/globals';
import { readConfiguration } from './configuration.js';

const complaint = (variables: Record<string, string>) => {
  try {
    readConfiguration(variables);
  } catch (error) {
    return (error as Error).message;
  }
  return 'nothing was wrong';
};

describe('the configuration', () => {
  it('has a default for everything', () => {
    expect(readConfiguration({})).toEqual({
      port: 8001,
      host: '0.0.0.0',
      httpAdapter: 'express',
      shutdown: { timeout: 300, propagationDelay: 0, flushTimeout: 2, handleSignals: true },
      streamHeartbeat: 15,
      echoTokensPerSecond: 20,
      streamsByDefault: false,
    });
  });

  it('takes an empty string for unset', () => {
    expect(readConfiguration({ PORT: '', MODEL: '', SHUTDOWN_TOKEN: '' })).toEqual(
      readConfiguration({}),
    );
  });

  it('reads what is set', () => {
    const configuration = readConfiguration({
      PORT: '9000',
      HTTP_ADAPTER: 'fastify',
      GRACEFUL_SHUTDOWN_TIMEOUT: '20',
      GRACEFUL_SHUTDOWN_PROPAGATION_DELAY: '2.5',
      TERMINATION_GRACE_PERIOD_SECONDS: '30',
      DISABLE_SIGNAL_HANDLER: 'true',
      MODEL: 'small',
      OPENAI_BASE_URL: 'http://127.0.0.1:1234/v1',
      OPENAI_API: 'chat',
      STORE_URL: 'redis://redis:6379',
      RESUME_LEASE: '2.5',
    });
    expect(configuration).toMatchObject({
      port: 9000,
      httpAdapter: 'fastify',
      shutdown: {
        timeout: 20,
        propagationDelay: 2.5,
        terminationGracePeriod: 30,
        handleSignals: false,
      },
      upstream: { model: 'small', api: 'chat', baseUrl: 'http://127.0.0.1:1234/v1' },
      store: { url: 'redis://redis:6379', lease: 2.5 },
    });
  });

  it.each([
    ['PORT', 'eighty'],
    ['PORT', '70000'],
    ['HTTP_ADAPTER', 'koa'],
    ['STORE_URL', 'http://redis:6379'],
    ['RESUME_LEASE', 'soon'],
    ['OPENAI_BACKGROUND', 'sometimes'],
    ['UPSTREAM_CONTINUATION', 'always'],
    ['GRACEFUL_SHUTDOWN_TIMEOUT', '-1'],
    ['GRACEFUL_SHUTDOWN_TIMEOUT', '99999999'],
    ['GRACEFUL_SHUTDOWN_FLUSH_TIMEOUT', 'Infinity'],
    ['DISABLE_SIGNAL_HANDLER', 'maybe'],
    ['ECHO_TOKENS_PER_SECOND', '0'],
    ['OPENAI_BASE_URL', 'localhost'],
    ['OPENAI_API', 'legacy'],
    ['MODEL', 'echo'],
    ['SHUTDOWN_TOKEN', 'short'],
  ])('names %s when it is %s', (name, value) => {
    expect(complaint({ [name]: value })).toMatch(new RegExp(`^${name} must`));
  });

  it('tells all that is wrong in one line', () => {
    const message = complaint({ PORT: 'x', HTTP_ADAPTER: 'koa' });
    expect(message).toContain('PORT');
    expect(message).toContain('HTTP_ADAPTER');
    expect(message).not.toContain('\n');
  });

  it('never repeats a secret', () => {
    expect(complaint({ SHUTDOWN_TOKEN: 'hunter2' })).not.toContain('hunter2');
    expect(complaint({ OPENAI_BASE_URL: 'ftp://user:hunter2@host' })).not.toContain('hunter2');
  });

  it('refuses times that contradict each other', () => {
    expect(
      complaint({ GRACEFUL_SHUTDOWN_TIMEOUT: '5', GRACEFUL_SHUTDOWN_PROPAGATION_DELAY: '5' }),
    ).toMatch(/^GRACEFUL_SHUTDOWN_PROPAGATION_DELAY \(5\) must be below GRACEFUL_SHUTDOWN_TIMEOUT/);
    expect(complaint({ TERMINATION_GRACE_PERIOD_SECONDS: '302' })).toMatch(
      /^TERMINATION_GRACE_PERIOD_SECONDS \(302\) must be above .* \(302\)/,
    );
  });

  it.each([
    'rediss://redis:6380',
    'postgres://user:secret@database/answers',
    'postgresql://database',
  ])('keeps responses on a server of either kind: %s', (url) =>
    expect(readConfiguration({ STORE_URL: url }).store).toEqual({ url, lease: 5 }),
  );

  it('refuses to resume across replicas without a store that they share', () => {
    expect(complaint({ RESUME_LEASE: '5' })).toContain('set STORE_URL');
    const upstream = { MODEL: 'small', OPENAI_API_KEY: 'key', OPENAI_API: 'chat' };
    expect(complaint({ ...upstream, OPENAI_BACKGROUND: 'true' })).toContain('OPENAI_API=responses');
  });

  it('goes on with unfinished answers only where the upstream has a way to ask for it', () => {
    const upstream = { MODEL: 'small', OPENAI_API_KEY: 'key', UPSTREAM_CONTINUATION: 'vllm' };
    expect(readConfiguration({ ...upstream, OPENAI_API: 'chat' }).upstream).toMatchObject({
      continuation: 'vllm',
    });
    expect(complaint(upstream)).toContain('OPENAI_API=chat');
    expect(complaint({ UPSTREAM_CONTINUATION: 'prefix' })).toContain('needs MODEL');
  });

  it("takes ColdBrew's names for the same settings", () => {
    const coldbrew = { SHUTDOWN_DURATION_IN_SECONDS: '20', GRPC_GRACEFUL_DURATION_IN_SECONDS: '3' };
    expect(readConfiguration(coldbrew).shutdown).toMatchObject({
      timeout: 20,
      propagationDelay: 3,
    });
    const both = { ...coldbrew, GRACEFUL_SHUTDOWN_TIMEOUT: '20' };
    expect(readConfiguration(both).shutdown.timeout).toBe(20);
    expect(complaint({ ...coldbrew, GRACEFUL_SHUTDOWN_TIMEOUT: '30' })).toBe(
      'GRACEFUL_SHUTDOWN_TIMEOUT (30) and SHUTDOWN_DURATION_IN_SECONDS (20) are the same setting: set only one of them.',
    );
    expect(complaint({ SHUTDOWN_DURATION_IN_SECONDS: 'soon' })).toMatch(
      /^SHUTDOWN_DURATION_IN_SECONDS must be a number/,
    );
  });

  it('refuses half an upstream', () => {
    expect(complaint({ OPENAI_API_KEY: 'key' })).toMatch(/^MODEL must be set/);
    expect(complaint({ MODEL: 'small' })).toMatch(/^MODEL needs OPENAI_API_KEY/);
  });
});
