import { Inject, Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost, ModulesContainer } from '@nestjs/core';
import { closesFirst, onClose } from '../compat/nest-close.js';
import { Drain } from '../core/drain.js';
import { DrainResetError } from '../core/phase.js';
import type { Shutdown } from '../core/shutdown.js';
import { DRAIN } from '../core/tokens.js';
import { Hooks } from './hooks.js';
import { PROCESS_OPTIONS, type ResolvedProcessOptions } from './options.js';

/**
 * How the application goes away: drain, shut the listeners, run the `afterDrain` hooks. Only then
 * come Nest's own hooks, so no stream and no request outlives what it works with (law 6).
 */
@Injectable()
export class ShutdownSequence implements Shutdown {
  #running: Promise<void> | undefined;
  #isOver = false;
  #isClosing = false;

  constructor(
    @Inject(DRAIN) private readonly drain: Drain,
    @Inject(PROCESS_OPTIONS) private readonly options: ResolvedProcessOptions,
    private readonly hooks: Hooks,
  ) {}

  /** Whether everything has been drained and every `afterDrain` hook has run. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Whether Nest closes the application, whose own hooks come after the sequence. */
  get isClosing(): boolean {
    return this.#isClosing;
  }

  /**
   * Runs once; every caller waits for the same end. After a `reset()` it may run again. The trigger
   * `close` says that the application is being closed, which Nest cannot take back.
   */
  run(trigger: string): Promise<void> {
    const isClose = trigger === 'close';
    this.#isClosing ||= isClose;
    if (isClose) this.drain.makeIrreversible('the application is being closed');
    this.#running ??= this.#run(trigger, !isClose || this.options.lameDuckOnClose);
    return this.#running;
  }

  async #run(trigger: string, lameDuck: boolean): Promise<void> {
    try {
      const drained = this.drain.start(trigger, { lameDuck });
      // A watcher starts the next process now, and that one wants the port.
      if (this.drain.options.development) void this.drain.stopListeners();
      const report = await drained;
      await this.drain.stopListeners();
      await this.hooks.conclude(report);
      this.#isOver = true;
    } catch (error) {
      this.#running = undefined;
      // The process serves again, and waits for its next trigger.
      if (!(error instanceof DrainResetError)) throw error;
    }
  }
}

/** Puts the sequence before Nest's own hooks, whether a signal or the application's code closes it. */
@Injectable()
export class BeforeNest implements OnModuleInit, OnModuleDestroy {
  constructor(
    private readonly sequence: ShutdownSequence,
    private readonly adapterHost: HttpAdapterHost,
    modules: ModulesContainer,
  ) {
    closesFirst(modules, BeforeNest);
  }

  onModuleInit(): void {
    onClose(this.adapterHost.httpAdapter, () => this.sequence.run('close'));
  }

  onModuleDestroy(): Promise<void> {
    return this.sequence.run('close');
  }
}
