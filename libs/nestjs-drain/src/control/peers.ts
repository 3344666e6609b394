import { BlockList, isIP } from 'node:net';

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

  /** @throws TypeError when a block is not CIDR notation. */
  constructor(blocks: readonly string[] = privateBlocks) {
    for (const block of blocks) {
      if (block === 'unix') continue;
      const [address = '', prefix] = block.split('/');
      const family = isIP(address);
      const bits = prefix === undefined ? NaN : Number(prefix);
      if (family === 0 || !Number.isInteger(bits) || bits < 0 || bits > (family === 4 ? 32 : 128)) {
        throw new TypeError(
          `\`control.allow\` has ${JSON.stringify(block)}; set CIDR blocks such as 10.0.0.0/8, or "unix".`,
        );
      }
      this.#blocks.addSubnet(address, bits, family === 4 ? 'ipv4' : 'ipv6');
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
