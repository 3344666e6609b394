import { expect, test } from '@jest/globals';
import { Peers } from './access.js';

test.each([
  '127.0.0.1',
  '::1',
  '::ffff:10.244.0.1',
  '192.168.1.9',
  '172.31.0.1',
  '169.254.1.1',
  'fe80::1%eth0',
  'fd00::2',
  '100.64.0.1',
])('%s is loopback or private', (address) => expect(new Peers().has(address)).toBe(true));

test.each([
  '8.8.8.8',
  '172.32.0.1',
  '::ffff:1.1.1.1',
  '2001:4860:4860::8888',
  '',
  undefined,
  'unknown',
])('%s is a stranger', (address) => expect(new Peers().has(address)).toBe(false));

test.each(['10.0.0.1', '10.0.0.0/33', 'fd00::/129', 'localhost/8', '10.0.0.0/x'])(
  '%s is no CIDR block and is refused',
  (block) => expect(() => new Peers([block])).toThrow(/set CIDR blocks/),
);
