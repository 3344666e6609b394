import { expect, test } from '@jest/globals';
import { Peers, peersCheck } from './peers.js';

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

test.each([
  '10.0.0.1',
  '10.0.0.0/33',
  '10.0.0.0/',
  'fd00::/129',
  'localhost/8',
  '10.0.0.0/x',
  '::1/1/2',
  5,
])('%s is no CIDR block and is refused, alone and in a list', (block) => {
  const remedy = '; set a list of CIDR blocks such as ["127.0.0.0/8", "::1/128"] for loopback';
  const shown = JSON.stringify(block);
  expect(peersCheck('allow', block)).toEqual([
    expect.stringContaining(`\`allow\` is ${shown}${remedy}`),
  ]);
  expect(peersCheck('allow', ['10.0.0.0/8', block, 'unix'])).toEqual([
    expect.stringContaining(`\`allow\` has ${shown}${remedy}`),
  ]);
  expect(new Peers([block as string]).has('10.0.0.1')).toBe(false);
});

test('a block without its list is refused, blocks and `unix` in one are not', () => {
  expect(peersCheck('allow', '10.0.0.0/8')).toEqual([
    expect.stringMatching(/is "10.*; set a list/),
  ]);
  expect(peersCheck('allow', ['10.0.0.0/8', '::1/128', 'unix'])).toEqual([]);
});
