import type { Clock } from '../core/clock.js';

/** What the watch found: the stream is ours, somebody else's, over, or cannot go on here. */
export type Finding = 'here' | 'elsewhere' | 'over' | 'leaving';

export interface TakeOverWatchOptions {
  readonly clock: Clock;
  /** Milliseconds. */
  readonly interval: number;
  /** Looks who produces the stream, and takes it over if nobody does. */
  look(): Promise<Finding>;
  /** The stream lapsed, and this replica may not take it over. */
  leave(): void;
}

/** Looks again and again, for as long as somebody reads a stream that another replica produces. */
export class TakeOverWatch {
  #cancel: () => void = () => undefined;
  #stopped = false;

  constructor(private readonly options: TakeOverWatchOptions) {
    this.#arm();
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel();
  }

  #arm(): void {
    if (this.#stopped) return;
    this.#cancel = this.options.clock.schedule(this.options.interval, () => void this.#round());
  }

  async #round(): Promise<void> {
    // A store that does not answer now is asked again.
    const finding = await this.options.look().catch((): Finding => 'elsewhere');
    if (this.#stopped || finding === 'over') return;
    if (finding === 'leaving') this.options.leave();
    else this.#arm();
  }
}
