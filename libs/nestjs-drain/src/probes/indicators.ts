import { Inject, Injectable } from '@nestjs/common';
import { HealthIndicatorService, type HealthIndicatorResult } from '@nestjs/terminus';
import { Drain } from '../core/drain.js';
import { DRAIN } from '../core/tokens.js';

/** Up as long as the process answers: a draining pod must not be restarted by its liveness probe. */
@Injectable()
export class LivenessIndicator {
  constructor(
    private readonly indicators: HealthIndicatorService,
    @Inject(DRAIN) private readonly drain: Drain,
  ) {}

  isHealthy<const Key extends string>(key: Key): HealthIndicatorResult<Key> {
    const { phase, streams } = this.drain;
    return this.indicators.check(key).up({ phase, active_streams: streams.size });
  }
}

/** Down from the first moment of the shutdown, so that no new traffic is routed to this pod. */
@Injectable()
export class ReadinessIndicator {
  constructor(
    private readonly indicators: HealthIndicatorService,
    @Inject(DRAIN) private readonly drain: Drain,
  ) {}

  isHealthy<const Key extends string>(key: Key): HealthIndicatorResult<Key> {
    const { phase, isShuttingDown } = this.drain;
    const indicator = this.indicators.check(key);
    return isShuttingDown ? indicator.down({ phase }) : indicator.up({ phase });
  }
}
