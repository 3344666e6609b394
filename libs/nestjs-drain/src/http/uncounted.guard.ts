import type { ServerResponse } from 'node:http';
import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Drain } from '../core/drain.js';
import { rawOf } from '../compat/frameworks.js';
import { DRAIN } from '../core/tokens.js';

/**
 * For probes and other watchers: their requests are not work, so the drain neither counts nor awaits
 * them. `@UseGuards(Uncounted)` does the same for your own health controller.
 */
@Injectable()
export class Uncounted implements CanActivate {
  constructor(@Inject(DRAIN) private readonly drain: Drain) {}

  canActivate(context: ExecutionContext): boolean {
    this.drain.requests.leave(rawOf(context.switchToHttp().getResponse<ServerResponse>()));
    return true;
  }
}
