import type { ModuleMetadata } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import {
  GracefulShutdownModule,
  ShutdownService,
  type GracefulShutdownOptions,
} from 'nestjs-drain';
import type { Workshop } from './workshop.js';

/** A root module with the drain and the workshop in it, for whatever is made of it. */
export async function drained(
  parts: ModuleMetadata,
  workshop: Workshop,
  options: GracefulShutdownOptions,
) {
  const shutdown = GracefulShutdownModule.forRoot({ signals: false, ...options });
  const module = await Test.createTestingModule({
    ...parts,
    imports: [shutdown, ...(parts.imports ?? [])],
    providers: [workshop.provider, ...(parts.providers ?? [])],
  }).compile();
  return { module, shutdown: module.get(ShutdownService) };
}
