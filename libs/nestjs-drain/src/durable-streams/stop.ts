import type { Drain } from '../core/drain.js';

/** Ends a read that waits: its client comes back, to another replica if this one drains. */
export class Stop {
  readonly #abort = new AbortController();
  readonly #unsubscribe: () => void;
  #cancel = (): void => undefined;

  constructor(private readonly drain: Drain) {
    this.#unsubscribe = drain.events.on('phaseChanged', ({ phase }) => {
      if (phase === 'draining') this.now();
    });
    if (drain.phase === 'draining') this.now();
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** @param delay in milliseconds */
  after(delay: number): void {
    this.#cancel = this.drain.clock.schedule(delay, () => this.now());
  }

  now(): void {
    this.#unsubscribe();
    this.#cancel();
    this.#abort.abort();
  }
}
