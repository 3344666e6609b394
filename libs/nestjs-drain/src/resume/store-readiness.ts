import type { OnModuleDestroy } from '@nestjs/common';
import type { ResumeStore } from 'nestjs-drain-resume';
import { within } from '../core/clock.js';
import type { Drain } from '../core/drain.js';

/** Milliseconds after which a question without an answer counts as failed. */
const patience = 10_000;

/**
 * Makes a replica unready while its store cannot be asked. Each look of readiness asks the store again and tells what
 * came of the last question, so it lags by one period of the probe.
 */
export class StoreReadiness implements OnModuleDestroy {
  #problem: string | undefined;
  #isAsking = false;
  readonly #check = () => this.look();

  constructor(
    private readonly store: Pick<ResumeStore, 'head'>,
    private readonly drain: Pick<Drain, 'clock' | 'readinessChecks'>,
  ) {}

  start(): this {
    this.drain.readinessChecks.add(this.#check);
    return this;
  }

  onModuleDestroy(): void {
    this.drain.readinessChecks.delete(this.#check);
  }

  /** Why the replica is not ready; undefined while the store answers. */
  look(): string | undefined {
    if (!this.#isAsking) void this.#ask();
    return this.#problem;
  }

  async #ask(): Promise<void> {
    this.#isAsking = true;
    let problem: string | undefined;
    const question = this.store.head('readiness').catch((error: unknown) => {
      problem = `resume store: ${error instanceof Error ? error.message : String(error)}`;
    });
    // One lost reply must not silence the next question.
    if (!(await within(this.drain.clock, patience, question))) problem = 'resume store: no answer';
    this.#problem = problem;
    this.#isAsking = false;
  }
}
