import { Inject, Injectable } from '@nestjs/common';
import { Drain } from '../core/drain.js';
import { DRAIN } from '../core/tokens.js';

/** A result in the shape of Terminus, whose types only an application with probes has to install. */
export type IndicatorResult<Key extends string> = Record<
  Key,
  { readonly status: 'up' | 'down'; readonly [detail: string]: unknown }
>;

/** Up as long as the process answers: a draining pod must not be restarted by its liveness probe. */
@Injectable()
export class LivenessIndicator {
  constructor(@Inject(DRAIN) private readonly drain: Drain) {}

  isHealthy<const Key extends string>(key: Key): IndicatorResult<Key> {
    const { phase, streams } = this.drain;
    const state = { status: 'up', phase, active_streams: streams.size } as const;
    return { [key]: state } as Record<Key, typeof state>;
  }
}

/**
 * Down from the first moment of the shutdown, so that no new traffic is routed to this pod, and while
 * something without which it cannot work is gone (`readiness: true` of `DrainResumeModule`).
 */
@Injectable()
export class ReadinessIndicator {
  constructor(@Inject(DRAIN) private readonly drain: Drain) {}

  isHealthy<const Key extends string>(key: Key): IndicatorResult<Key> {
    const { phase, isShuttingDown, readinessChecks } = this.drain;
    const problems = [...readinessChecks].flatMap((check) => check() ?? []);
    const status = isShuttingDown || problems.length > 0 ? 'down' : 'up';
    const state = { status, phase, ...(problems.length > 0 && { problems }) } as const;
    return { [key]: state } as Record<Key, typeof state>;
  }
}
