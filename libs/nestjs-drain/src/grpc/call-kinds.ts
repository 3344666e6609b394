import { Injectable } from '@nestjs/common';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import type { StreamKind } from '../core/stream.js';
import { DRAINABLE_STREAM } from '../core/tokens.js';

/** Nest's own metadata key of a handler's patterns, the same in 11 and 12. */
const PATTERN = 'microservices:pattern';

interface Handled {
  readonly service: string;
  readonly rpc: string;
  readonly kind: StreamKind;
}

/** What `@DrainableStream()` says of the controller that handles a method. */
@Injectable()
export class CallKinds {
  readonly #scanner = new MetadataScanner();
  readonly #known = new Map<string, StreamKind>();

  constructor(private readonly discovery: DiscoveryService) {}

  /** @param path such as `/chat.Chat/Watch`. Undecorated and unary methods are `finite`. */
  kindOf({ path, responseStream }: { path: string; responseStream: boolean }): StreamKind {
    if (!responseStream) return 'finite';
    const known = this.#known.get(path);
    if (known) return known;
    const kind = this.#find(path);
    this.#known.set(path, kind);
    return kind;
  }

  #find(path: string): StreamKind {
    const [service = '', method] = path.split('/').slice(1);
    // Nest accepts a service's full name and its name within the package.
    const handled = this.#handled().find(
      ({ service: name, rpc }) =>
        rpc === method && (service === name || service.endsWith(`.${name}`)),
    );
    return handled?.kind ?? 'finite';
  }

  #handled(): Handled[] {
    return this.discovery.getControllers().flatMap(({ metatype }) => {
      if (!metatype) return [];
      const prototype = metatype.prototype as Record<string, unknown>;
      const declared = Reflect.getMetadata(DRAINABLE_STREAM, metatype) as
        { kind?: StreamKind } | undefined;
      const kind = declared?.kind ?? 'finite';
      return this.#scanner
        .getAllMethodNames(prototype)
        .flatMap((name) => patternsOf(prototype[name]))
        .map(({ service, rpc }) => ({ service, rpc, kind }));
    });
  }
}

function patternsOf(method: unknown): Omit<Handled, 'kind'>[] {
  return (Reflect.getMetadata(PATTERN, method as object) as Handled[] | undefined) ?? [];
}
