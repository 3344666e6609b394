import { BlockList, isIP } from 'node:net';
import { format } from '../core/duration.js';
import type { OptionCheck } from '../core/option-checks.js';

/** Loopback and private: RFC 1122, 1918, 3927, 4193, 4291, 6598. */
const privateBlocks = [
  '127.0.0.0/8',
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '169.254.0.0/16',
  '100.64.0.0/10',
  '::1/128',
  'fc00::/7',
  'fe80::/10',
];

/** A set of addresses, written as CIDR blocks. `unix` is no address, and left to the caller. */
export class Peers {
  readonly #blocks = new BlockList();

  /** @param blocks checked by `peersCheck`; what is no block lets in no address */
  constructor(blocks: readonly string[] = privateBlocks) {
    for (const text of blocks) {
      const block = blockOf(text);
      if (block) this.#blocks.addSubnet(...block);
    }
  }

  has(address: string | undefined): boolean {
    if (!address) return false;
    // An IPv6 socket shows IPv4 peers as ::ffff:10.0.0.1, and link-local ones with their zone.
    const plain = address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
    const family = isIP(plain);
    return family !== 0 && this.#blocks.check(plain, family === 4 ? 'ipv4' : 'ipv6');
  }
}

/** A list of CIDR blocks and `unix`. One message for whatever else is given: a list is needed, and what goes into it. */
export const peersCheck: OptionCheck = (name, value) => {
  const given: unknown[] = Array.isArray(value) ? value : [value];
  const wrong = given.filter((one) => one !== 'unix' && !blockOf(one));
  if (Array.isArray(value) && wrong.length === 0) return [];
  const is = Array.isArray(value) ? 'has' : 'is';
  const shown = (Array.isArray(value) ? wrong : given).map(format).join(', ');
  return [
    `\`${name}\` ${is} ${shown}; set a list of CIDR blocks such as ["127.0.0.0/8", "::1/128"] for loopback, and "unix" ` +
      'for Unix sockets.',
  ];
};

type Block = [address: string, bits: number, family: 'ipv4' | 'ipv6'];

function blockOf(text: unknown): Block | undefined {
  const [, address = '', prefix = ''] = /^([^/]+)\/(\d{1,3})$/.exec(String(text)) ?? [];
  const family = isIP(address);
  return family !== 0 && Number(prefix) <= (family === 4 ? 32 : 128)
    ? [address, Number(prefix), family === 4 ? 'ipv4' : 'ipv6']
    : undefined;
}
