import { constants } from 'node:os';
import { Inject, Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { PROCESS_OPTIONS, type ResolvedProcessOptions } from './options.js';
import { ShutdownSequence } from './shutdown-sequence.js';

/**
 * The signals. The first one drains and lets the process exit, the second one exits at once.
 * Nest's own listener, where there is one, closes the application meanwhile; this one sees to it that
 * the process really goes away.
 */
@Injectable()
export class ProcessSignals implements OnApplicationShutdown {
  readonly #logger = new Logger('GracefulShutdown');
  #received = false;
  #closed = false;
  #exitTimer: NodeJS.Timeout | undefined;

  constructor(
    private readonly sequence: ShutdownSequence,
    @Inject(PROCESS_OPTIONS) private readonly options: ResolvedProcessOptions,
  ) {
    // Not in onModuleInit: the kernel drops a signal without a listener for PID 1, and a bootstrap may
    // take its time.
    for (const signal of this.#signals) process.on(signal, this.#onSignal);
  }

  onApplicationShutdown(signal?: string): void {
    this.#closed = true;
    // After a signal they stay: a second one must still get through while other hooks run.
    if (!this.#received) this.#stopListening();
    // Nest will raise the signal again; an event loop that ran empty first would exit with 0.
    if (signal !== undefined) this.#exitTimer?.ref();
  }

  get #signals(): readonly NodeJS.Signals[] {
    return this.options.signals || [];
  }

  #stopListening(): void {
    for (const signal of this.#signals) process.off(signal, this.#onSignal);
  }

  readonly #onSignal = (signal: NodeJS.Signals): void => {
    if (!this.#received) {
      this.#received = true;
      void this.sequence.run(signal).then(() => this.#leave(signal));
    } else if (this.#closed) {
      // Nest has run its last hook and raises the signal again, to die of it.
      this.#stopListening();
      process.kill(process.pid, signal);
      // The kernel drops a signal without a listener for PID 1.
      process.exit(128 + constants.signals[signal]);
    } else if (this.options.forceExitOnSecondSignal) {
      this.#logger.warn(`Second signal (${signal}): exiting at once`);
      process.exit(128 + constants.signals[signal]);
    }
  };

  #leave(signal: NodeJS.Signals): void {
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
