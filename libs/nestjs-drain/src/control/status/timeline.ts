import type { Drain } from '../../core/drain.js';
import type { DrainEvent } from '../../core/events.js';
import type { DrainPhase } from '../../core/phase.js';
import type { DrainReport } from '../../core/report.js';

/** When each phase began, what began it, and how it ended: what a late look still wants to know. */
export class Timeline {
  /** The clock's ms at which each phase was entered; empty while serving. */
  readonly entered = new Map<DrainPhase, number>();
  trigger: string | undefined;
  report: DrainReport | undefined;

  constructor(private readonly drain: Drain) {
    drain.events.subscribe((event) => this.#onEvent(event));
  }

  /** The clock's ms of the first trigger. */
  get startedAt(): number | undefined {
    return this.entered.get('lameDuck');
  }

  #onEvent(event: DrainEvent): void {
    if (event.type === 'started') this.trigger = event.trigger;
    if (event.type === 'ended') this.report = event.report;
    if (event.type !== 'phaseChanged') return;
    if (event.phase === 'serving') {
      this.entered.clear();
      this.trigger = undefined;
    } else {
      this.entered.set(event.phase, this.drain.clock.now());
    }
  }
}
