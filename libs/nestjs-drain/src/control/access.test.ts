import type { IncomingMessage } from 'node:http';
import { describe, expect, test } from '@jest/globals';
import type { ManagementCall } from '../compat/management-routes.js';
import { proxyHeaders } from '../../test/support/proxy-headers.js';
import { Access, type ControlAction } from './access.js';
import type { ControlOptions } from './options.js';

const kubelet = { 'user-agent': 'kube-lifecycle/1.36' };
const bearer = { authorization: 'Bearer sesame' };

interface Caller {
  from?: string | undefined;
  headers?: Record<string, string>;
  port?: 'traffic' | 'management';
  unix?: boolean;
}

function refusal(
  options: ControlOptions,
  action: ControlAction,
  caller: Caller,
): string | undefined {
  const { from = '10.0.0.7', headers = {}, port = 'traffic', unix = false } = caller;
  const request = {
    method: action === 'change' ? 'POST' : 'GET',
    headers: { host: '10.0.0.9:3000', ...headers },
    socket: { remoteAddress: unix ? undefined : from },
  } as unknown as IncomingMessage;
  const call = { request, port, isUnixSocket: unix } as unknown as ManagementCall;
  return new Access(options).refusalOf(call, action);
}

const actions = ['look', 'wait', 'change'] as const;

/** Which of look, wait, change are allowed. */
function allowed(options: ControlOptions, caller: Caller): string {
  return actions.filter((action) => refusal(options, action, caller) === undefined).join(' ');
}

describe('who may look, wait and change', () => {
  test.each(proxyHeaders)(
    'a call with %s was passed on: refused everywhere, with a token too',
    (name) => {
      const headers = { ...kubelet, ...bearer, [name]: '1' };
      for (const from of ['10.0.0.7', '127.0.0.1']) {
        for (const port of ['traffic', 'management'] as const) {
          expect(allowed({}, { from, headers, port })).toBe('');
          expect(allowed({ token: 'sesame' }, { from, headers, port })).toBe('');
        }
      }
    },
  );

  test.each<[string, Caller, string]>([
    ['the pod itself', { from: '127.0.0.1' }, 'look wait change'],
    ['the kubelet', { headers: kubelet }, 'look wait'],
    ['another pod', {}, 'look'],
    ['a stranger', { from: '8.8.8.8' }, ''],
    ['another pod, on the management port', { port: 'management' }, 'look wait change'],
    ['a stranger, on the management port', { from: '8.8.8.8', port: 'management' }, ''],
    ['a Unix socket', { unix: true, headers: { host: 'localhost' } }, ''],
    [
      'a browser in the pod',
      { from: '127.0.0.1', headers: { 'user-agent': 'Mozilla/5.0' } },
      'look',
    ],
    [
      'a page of another site',
      { from: '127.0.0.1', headers: { 'sec-fetch-site': 'cross-site' } },
      '',
    ],
    ['a foreign Origin', { from: '127.0.0.1', headers: { origin: 'https://example.com' } }, ''],
    [
      'a rebound name, same-origin',
      { from: '127.0.0.1', headers: { host: 'evil.example', 'sec-fetch-site': 'same-origin' } },
      '',
    ],
    [
      'localhost by name',
      { from: '127.0.0.1', headers: { host: 'localhost:3000' } },
      'look wait change',
    ],
    ['IPv6', { from: '::1', headers: { host: '[::1]:3000' } }, 'look wait change'],
    ['the kubelet with a name for Host', { headers: { ...kubelet, host: 'api.internal' } }, ''],
    ['no Host', { from: '127.0.0.1', headers: { host: '' } }, ''],
  ])('without a token, %s may: %s', (_, caller, may) => expect(allowed({}, caller)).toBe(may));

  test.each<[string, Caller, string]>([
    ['the pod itself, without it', { from: '127.0.0.1' }, ''],
    ['the kubelet, without it', { headers: kubelet }, ''],
    ['a wrong one', { headers: { authorization: 'Bearer guess' } }, ''],
    ['another pod', { headers: bearer }, 'look wait change'],
    [
      'another pod that calls by name',
      { headers: { ...bearer, host: 'api:3000' } },
      'look wait change',
    ],
    [
      'the status page in a browser',
      { headers: { ...bearer, 'user-agent': 'Mozilla/5.0' } },
      'look wait change',
    ],
    ['a stranger', { from: '8.8.8.8', headers: bearer }, ''],
    ['a Unix socket', { unix: true, headers: bearer }, 'look wait change'],
    ['the management port, without it', { port: 'management' }, ''],
  ])('with a token, %s may: %s', (_, caller, may) =>
    expect(allowed({ token: 'sesame' }, caller)).toBe(may),
  );

  test.each<[string, readonly string[], Caller, string]>([
    ['the block', ['10.0.0.0/8'], {}, 'look wait change'],
    ['outside the block', ['10.0.0.0/8'], { from: '127.0.0.1' }, ''],
    ['a Unix socket', ['unix'], { unix: true, headers: { host: 'localhost' } }, 'look wait change'],
    ['TCP where only unix is named', ['unix'], { from: '127.0.0.1' }, ''],
  ])('with allow, %s of %j may: %s', (_, allow, caller, may) =>
    expect(allowed({ allow }, caller)).toBe(may),
  );

  test('the page needs no token, but the same callers', () => {
    const options = { token: 'sesame' };
    expect(refusal(options, 'page', { headers: { 'user-agent': 'Mozilla/5.0' } })).toBeUndefined();
    expect(refusal(options, 'page', { from: '8.8.8.8' })).toContain('control.allow');
    expect(refusal(options, 'look', {})).toContain('Authorization: Bearer');
  });
});
