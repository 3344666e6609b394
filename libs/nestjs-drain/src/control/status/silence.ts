import type { Clock } from '../../core/clock.js';
import type { StreamInfo, StreamProgress } from '../../core/stream.js';

/** How long a stream has sent nothing. */
export interface Quiet {
  /** Seconds. */
  readonly seconds: number;
  /** Whether it may be longer: nothing was sent since somebody began to look. */
  readonly atLeast: boolean;
}

interface Sighting {
  readonly sent: number;
  readonly at: number;
  readonly atLeast: boolean;
}

/**
 * When streams last wrote, told from what they had sent at two looks. So a write costs nothing, and
 * the answer is as fine as the looks are.
 */
export class Silence {
  readonly #sightings = new WeakMap<StreamInfo, Sighting>();

  constructor(private readonly clock: Clock) {}

  /** Looks; undefined for a stream whose transport does not know what it has sent. */
  of(stream: StreamInfo, { bytes, events }: StreamProgress): Quiet | undefined {
    const sent = bytes ?? events;
    if (sent === undefined) return undefined;
    const now = this.clock.now();
    let last = this.#sightings.get(stream);
    if (last?.sent !== sent) {
      last = { sent, at: now, atLeast: last === undefined };
      this.#sightings.set(stream, last);
    }
    return { seconds: (now - last.at) / 1000, atLeast: last.atLeast };
  }
}
