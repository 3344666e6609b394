import type { Drain } from './drain.js';

/** Triggers that say nothing about the end of the process: a call of a shutdown route. */
const calls = ['wait', 'initiate'];

/**
 * A drain that a call started and no signal followed. Kubernetes sends SIGTERM after a preStop hook, so
 * after a while nothing else will come: the pod takes no new streams, and nothing ends it.
 */
export class UnfollowedDrain {
  #startedAt: number | undefined;
  #trigger: string | undefined;

  /** @param onChange is called when such a drain has begun, and when it is one no longer. */
  constructor(
    private readonly drain: Drain,
    onChange: () => void = () => undefined,
  ) {
    drain.events.subscribe((event) => {
      const isOver = event.type === 'phaseChanged' && event.phase === 'serving';
      if (event.type === 'started' && calls.includes(event.trigger)) this.#begin(event.trigger);
      else if (isOver || (event.type === 'joined' && !calls.includes(event.trigger))) this.#end();
      else return;
      onChange();
    });
  }

  /** Its age; undefined where there is none. */
  get seconds(): number | undefined {
    if (this.#startedAt === undefined) return undefined;
    return (this.drain.clock.now() - this.#startedAt) / 1000;
  }

  /** `wait` or `initiate`. */
  get trigger(): string | undefined {
    return this.#trigger;
  }

  #begin(trigger: string): void {
    this.#startedAt = this.drain.clock.now();
    this.#trigger = trigger;
  }

  #end(): void {
    this.#startedAt = this.#trigger = undefined;
  }
}
