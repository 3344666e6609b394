import { Controller, Get, Inject, VERSION_NEUTRAL, type Type } from '@nestjs/common';
import { HealthCheck, HealthCheckService, type HealthCheckResult } from '@nestjs/terminus';
import { Drain } from '../core/drain.js';
import { DRAIN } from '../core/tokens.js';
import { LivenessIndicator, ReadinessIndicator } from './indicators.js';
import type { HealthOptions } from './options.js';

/** Liveness with the drain's state beside Terminus' own body. */
export interface LivenessResult extends HealthCheckResult {
  readonly shutting_down: boolean;
  readonly active_streams: number;
}

/** The ready-made probes. The paths are part of the class, because Nest reads them from there. */
export function probeController(options: HealthOptions = {}): Type {
  const { liveness = 'health', readiness = 'ready', startup = 'startup' } = options;

  @Controller({ version: VERSION_NEUTRAL })
  class ProbeController {
    constructor(
      private readonly health: HealthCheckService,
      private readonly live: LivenessIndicator,
      private readonly ready: ReadinessIndicator,
      @Inject(DRAIN) private readonly drain: Drain,
    ) {}

    /** Always 200: a draining pod is alive. */
    @HealthCheck({ swaggerDocumentation: false })
    async liveness(): Promise<LivenessResult> {
      return {
        ...(await this.health.check([() => this.live.isHealthy('process')])),
        shutting_down: this.drain.isShuttingDown,
        active_streams: this.drain.streams.size,
      };
    }

    /** 503 from the first moment of the shutdown. */
    @HealthCheck({ swaggerDocumentation: false })
    readiness(): Promise<HealthCheckResult> {
      return this.health.check([() => this.ready.isHealthy('drain')]);
    }

    /** The listener opens after Nest has bootstrapped: an answer at all means started. */
    startup(): { readonly status: 'ok' } {
      return { status: 'ok' };
    }
  }

  for (const [name, path] of Object.entries({ liveness, readiness, startup })) {
    if (path === false) continue;
    const handler = Object.getOwnPropertyDescriptor(ProbeController.prototype, name);
    if (handler) Get(path)(ProbeController.prototype, name, handler);
  }
  return ProbeController;
}
