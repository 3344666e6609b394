import type { ServerResponse } from 'node:http';
import {
  Controller,
  Get,
  Inject,
  Res,
  SetMetadata,
  VERSION_NEUTRAL,
  type Type,
} from '@nestjs/common';
import type { Registry } from 'prom-client';
import { Drain } from '../core/drain.js';
import { rawOf } from '../compat/frameworks.js';
import { DRAIN, MANAGEMENT } from '../core/tokens.js';

/** The scrape, on the management port where there is one. Its path is part of the class, because Nest reads it from there. */
export function metricsController(registry: Registry, path: string): Type {
  @Controller({ path, version: VERSION_NEUTRAL })
  @SetMetadata(MANAGEMENT, true)
  class MetricsController {
    constructor(@Inject(DRAIN) private readonly drain: Drain) {}

    /** Answered in every phase, and no work of the application's. */
    @Get()
    async scrape(@Res() wrapped: ServerResponse): Promise<void> {
      const response = rawOf(wrapped);
      this.drain.requests.leave(response);
      const body = await registry.metrics();
      // Written here, because interceptors that wrap every answer in an envelope would wrap this one.
      response.writeHead(200, { 'Content-Type': registry.contentType }).end(body);
    }
  }
  return MetricsController;
}
