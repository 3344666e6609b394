import { constants } from 'node:os';
import { Inject, Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { PROCESS_OPTIONS, type ResolvedProcessOptions } from './options.js';
import { ShutdownSequence } from './shutdown-sequence.js';
import { receiveSignals } from './signal-receivers.js';

/** Applications of this process that were signalled and have not drained yet. */
let draining = 0;

/**
 * The signals. The first one drains and lets the process exit, the second one exits at once.
 * Nest's own listener, where there is one, closes the application meanwhile; this one sees to it that
 * the process really goes away.
 */
@Injectable()
export class ProcessSignals implements OnApplicationShutdown {
  readonly #logger = new Logger('GracefulShutdown');
  readonly #stopReceiving: () => void;
  #received = false;
  #closed = false;
  #exitTimer: NodeJS.Timeout | undefined;

  constructor(
    private readonly sequence: ShutdownSequence,
    @Inject(PROCESS_OPTIONS) private readonly options: ResolvedProcessOptions,
  ) {
    // Not in onModuleInit: the kernel drops a signal without a listener for PID 1, and a bootstrap may
    // take its time.
    this.#stopReceiving = receiveSignals(options.signals || [], (signal) => this.#onSignal(signal));
  }

  onApplicationShutdown(signal?: string): void {
    this.#closed = true;
    // After a signal they stay: a second one must still get through while other hooks run.
    if (!this.#received) this.#stopReceiving();
    // Nest will raise the signal again; an event loop that ran empty first would exit with 0.
    if (signal !== undefined) this.#exitTimer?.ref();
  }

  #onSignal(signal: NodeJS.Signals): void {
    if (!this.#received) {
      this.#received = true;
      draining += 1;
      void this.sequence.run(signal).then(() => this.#leave(signal));
    } else if (this.#closed) {
      // Nest has run its last hook and raises the signal again, to die of it.
      this.#stopReceiving();
      process.kill(process.pid, signal);
      // The kernel drops a signal without a listener for PID 1.
      process.exit(128 + constants.signals[signal]);
    } else if (this.options.forceExitOnSecondSignal) {
      this.#logger.warn(`Second signal (${signal}): exiting at once`);
      process.exit(128 + constants.signals[signal]);
    }
  }

  #leave(signal: NodeJS.Signals): void {
    draining -= 1;
    if (draining > 0) return;
    // Without another listener nobody closes the application, and there is nothing left to wait for.
    if (process.listenerCount(signal) === 1) process.exit(0);
    const { exitTimeout } = this.options;
    this.#exitTimer = setTimeout(() => {
      this.#logger.error(
        `Still running ${exitTimeout} s after the drain: a shutdown hook hangs or something keeps the ` +
          'event loop alive; end it there, or raise `exitTimeout`. Exiting now.',
      );
      process.exit(1);
    }, exitTimeout * 1000);
    this.#exitTimer.unref();
  }
}
