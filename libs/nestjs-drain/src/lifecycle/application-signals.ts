import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { DrainLog } from '../compat/nest-logger.js';
import { AfterNest } from '../compat/nest-close.js';
import { Drain } from '../core/drain.js';
import { DRAIN } from '../core/tokens.js';
import { PROCESS_OPTIONS, type ResolvedProcessOptions } from './options.js';
import { ShutdownSequence } from './shutdown-sequence.js';
import { signalsOfProcess, type ApplicationState, type SignalledApplication } from './signals.js';
import { UnrunHooks } from './unrun-hooks.js';

/** Seconds: the kubelet sends SIGKILL 2 s after a SIGTERM that comes when the grace period is over. */
const lastFlush = 1.5;

/** This application among those that the process' signals drain. */
@Injectable()
export class ApplicationSignals implements SignalledApplication, OnApplicationBootstrap {
  readonly #logger = new DrainLog('GracefulShutdown');
  readonly #process = signalsOfProcess();
  readonly #unregister: () => void;
  readonly signals: readonly NodeJS.Signals[];
  readonly forceExitOnSecondSignal: boolean;
  readonly exitTimeout: number;
  #isClosed = false;
  #isSignalled = false;

  constructor(
    private readonly sequence: ShutdownSequence,
    @Inject(DRAIN) private readonly drain: Drain,
    @Inject(PROCESS_OPTIONS) options: ResolvedProcessOptions,
    afterNest: AfterNest,
    private readonly unrunHooks: UnrunHooks,
  ) {
    this.signals = options.signals || [];
    this.forceExitOnSecondSignal = options.forceExitOnSecondSignal;
    this.exitTimeout = options.exitTimeout;
    afterNest.task = () => this.#closed();
    // Not in onModuleInit: the kernel drops a signal without a listener for PID 1, and a bootstrap may
    // take its time.
    this.#unregister = this.#process.register(this);
  }

  onApplicationBootstrap(): void {
    this.#process.nameEndingListeners();
  }

  async leave(signal: NodeJS.Signals): Promise<boolean> {
    this.#isSignalled = true;
    const graceIsOver = this.drain.kubeletIsWaiting;
    const over = this.sequence.run(signal);
    if (graceIsOver) this.#useLastSeconds(signal);
    await over;
    this.#isSignalled = this.sequence.isOver;
    if (this.#isSignalled && !this.sequence.isClosing) this.#sayUnrun(signal);
    return this.#isSignalled;
  }

  state(): ApplicationState {
    if (!this.drain.isShuttingDown) return this.#isClosed ? 'gone' : 'serving';
    if (!this.sequence.isOver) return 'draining';
    return this.sequence.isClosing && !this.#isClosed ? 'drained' : 'gone';
  }

  warn(message: string): void {
    this.#logger.warn(message);
  }

  error(message: string): void {
    this.#logger.error(message);
  }

  /** All hooks have run, and Nest may exit the process next: not before the other applications are gone. */
  async #closed(): Promise<void> {
    this.#isClosed = true;
    // After a signal it stays: an operator's second one must still get through.
    if (!this.#isSignalled) this.#unregister();
    this.#process.changed();
    await this.#process.whenAllGone();
  }

  /** The process exits next. */
  #sayUnrun(signal: NodeJS.Signals): void {
    const warning = this.unrunHooks.warningAfter(signal);
    if (warning !== undefined) this.#logger.warn(warning);
  }

  #useLastSeconds(signal: NodeJS.Signals): void {
    this.#logger.warn(
      `${signal} came while the kubelet's preStop hook was waiting: its grace period is over and about ` +
        '2 s are left, so the deadline is now. Set terminationGracePeriodSeconds to at least `timeout` + ' +
        '`flushTimeout` + 5.',
    );
    this.drain.expireNow(lastFlush);
  }
}
