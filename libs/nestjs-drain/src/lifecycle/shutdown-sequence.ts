import { Inject, Injectable } from '@nestjs/common';
import { Drain } from '../core/drain.js';
import type { Shutdown } from '../core/shutdown.js';
import { DRAIN } from '../core/tokens.js';
import { Lifecycle } from './lifecycle.js';

/**
 * How the application goes away: drain, shut the listeners, run the `afterDrain` hooks. Only then
 * come Nest's own hooks, so no stream and no request outlives what it works with (law 6).
 */
@Injectable()
export class ShutdownSequence implements Shutdown {
  #running: Promise<void> | undefined;

  constructor(
    @Inject(DRAIN) private readonly drain: Drain,
    private readonly lifecycle: Lifecycle,
  ) {}

  /** Runs once; every caller waits for the same end. */
  run(trigger: string): Promise<void> {
    this.#running ??= this.#run(trigger);
    return this.#running;
  }

  async #run(trigger: string): Promise<void> {
    const report = await this.drain.start(trigger);
    await this.drain.stopListeners();
    await this.lifecycle.conclude(report);
  }
}
