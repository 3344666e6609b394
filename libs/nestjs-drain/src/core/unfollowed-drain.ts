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
    private readonly onChange: () => void = () => undefined,
  ) {
    const { events } = drain;
    events.on('started', ({ trigger }) => {
      if (calls.includes(trigger)) this.#begin(trigger);
    });
    events.on('joined', ({ trigger }) => {
      if (!calls.includes(trigger)) this.#end();
    });
    events.on('phaseChanged', ({ phase }) => {
      if (phase === 'serving') this.#end();
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
    this.onChange();
  }

  #end(): void {
    this.#startedAt = this.#trigger = undefined;
    this.onChange();
  }
}
