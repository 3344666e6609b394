import type { GracefulShutdownOptions, ShutdownService } from 'nestjs-drain';
import type { Workshop } from './workshop.js';

/**
 * How work ended, as its client sees it.
 *
 * - `whole`: with its last words.
 * - `told`: asked to come back elsewhere.
 * - `incomplete`: ended early, and the client can know it.
 * - `refused`: never begun, with the time after which to try again.
 * - `broken`: anything else.
 */
export type Ending = 'whole' | 'told' | 'incomplete' | 'refused' | 'broken';

/** An application that serves one transport. */
export interface Serving {
  readonly shutdown: ShutdownService;
  /** Sends for an answer that has an end, each time over a new connection. */
  readonly ask: () => Promise<Ending>;
  /** Subscribes to what has no end; resolves when the first event is here. */
  readonly follow: () => Promise<{ readonly ending: Promise<Ending> }>;
  /** Closes the application, as `app.close()` does. */
  readonly close: () => Promise<void>;
  /** Takes away what a failed test left behind. */
  readonly clear: () => void;
}

/** One way into an application. */
export interface Transport {
  readonly name: string;
  /** Why it cannot be played on this machine. */
  readonly missing?: string | undefined;
  /** Stops what all applications of this transport share. */
  stop?(): Promise<void>;
  serve(workshop: Workshop, options: GracefulShutdownOptions): Promise<Serving>;
}

/** A transport of messages: a handler's work has no stream that could be told, and brokers are not refused. */
export interface MessageTransport extends Omit<Transport, 'serve'> {
  serve(workshop: Workshop, options: GracefulShutdownOptions): Promise<Omit<Serving, 'follow'>>;
}
