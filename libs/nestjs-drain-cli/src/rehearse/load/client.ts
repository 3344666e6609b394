import { type Stream } from './stream.js';

/** One client: opens streams one after another. */
export interface Client {
  /** Runs one stream to its end, recording it in `stream`. Aborting `signal` closes it from this side. */
  run(stream: Stream, signal: AbortSignal): Promise<void>;
  close(): void;
}
