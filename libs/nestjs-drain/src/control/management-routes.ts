import { Injectable } from '@nestjs/common';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { MANAGEMENT } from '../core/tokens.js';

// Nest's own metadata key of controllers and handlers.
const PATH = 'path';

type Controller = NewableFunction & { readonly prototype: object };

/** The routes of controllers that are marked with `@Management()`. */
@Injectable()
export class ManagementRoutes {
  #patterns: readonly RegExp[] | undefined;

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
  ) {}

  get controllers(): Controller[] {
    const types = this.discovery.getControllers().map(({ metatype }) => metatype as Controller);
    return types.filter((type) => Reflect.hasMetadata(MANAGEMENT, type));
  }

  /** @param url with or without the application's prefix and version, which Nest keeps to itself. */
  include(url: string): boolean {
    this.#patterns ??= this.controllers.flatMap((controller) => this.#patternsOf(controller));
    const [path = ''] = url.split('?');
    return this.#patterns.some((pattern) => pattern.test(path));
  }

  #patternsOf(controller: Controller): RegExp[] {
    const prototype = controller.prototype as Record<string, object>;
    const handlers = this.scanner.getAllMethodNames(prototype).map((name) => prototype[name]!);
    return pathsOf(controller).flatMap((base) =>
      handlers.flatMap(pathsOf).map((path) => patternOf(`${base}/${path}`)),
    );
  }
}

function pathsOf(target: object): string[] {
  const path = Reflect.getMetadata(PATH, target) as string | string[] | undefined;
  return path === undefined ? [] : [path].flat();
}

function patternOf(path: string): RegExp {
  const segments = path.split('/').filter((segment) => segment !== '');
  const patterns = segments.map((segment) =>
    /[:*]/.test(segment) ? '/[^/]+' : `/${segment.replace(/[^\w-]/g, '\\$&')}`,
  );
  return new RegExp(`${patterns.join('') || '^'}/?$`);
}
