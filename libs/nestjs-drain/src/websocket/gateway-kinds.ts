import { Injectable } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import type { StreamKind } from '../core/stream.js';
import { DRAINABLE_STREAM } from '../core/tokens.js';

// Nest's own metadata keys of a gateway, the same in 11 and 12.
const GATEWAY = 'websockets:is_gateway';
const OPTIONS = 'websockets:gateway_options';
const PORT = 'port';

/** What `@DrainableStream()` says of the gateways. */
@Injectable()
export class GatewayKinds {
  constructor(private readonly discovery: DiscoveryService) {}

  /**
   * Gateways with the same port and path share their clients. One that has answers to finish makes
   * the client finite for all of them; undecorated ones have.
   */
  kindOf(port: number, path: string | undefined): StreamKind {
    const sharing = this.#gateways().filter(
      (gateway) =>
        ((Reflect.getMetadata(PORT, gateway) as number | undefined) ?? 0) === port &&
        (Reflect.getMetadata(OPTIONS, gateway) as { path?: string } | undefined)?.path === path,
    );
    const isSubscription = (gateway: object): boolean =>
      (Reflect.getMetadata(DRAINABLE_STREAM, gateway) as { kind?: StreamKind } | undefined)
        ?.kind === 'subscription';
    return sharing.length > 0 && sharing.every(isSubscription) ? 'subscription' : 'finite';
  }

  #gateways(): object[] {
    return this.discovery
      .getProviders()
      .map(({ metatype }) => metatype as object | null)
      .filter((metatype): metatype is object => typeof metatype === 'function')
      .filter((metatype) => Reflect.hasMetadata(GATEWAY, metatype));
  }
}
