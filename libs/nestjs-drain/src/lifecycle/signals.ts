import { constants } from 'node:os';
import { endingListeners, watchOwnSignals, type OwnSignals } from '../compat/process-signals.js';

/**
 * - `serving`
 * - `draining`: until its last stream has ended and its `afterDrain` hooks have run.
 * - `drained`: Nest may run its own hooks now.
 * - `gone`: nothing of it is left to do.
 */
export type ApplicationState = 'serving' | 'draining' | 'drained' | 'gone';

/** One application of this process, as the process' signals see it. */
export interface SignalledApplication {
  /** Empty: it is not drained by signals, but where it drains, the others wait for it. */
  readonly signals: readonly NodeJS.Signals[];
  readonly forceExitOnSecondSignal: boolean;
  /** Seconds from the end of the last drain to a forced exit. */
  readonly exitTimeout: number;
  /** Drains. Resolves at its end with true, or with false when the drain is taken back. */
  leave(signal: NodeJS.Signals): Promise<boolean>;
  state(): ApplicationState;
  /** A line for its operator. */
  warn(message: string): void;
  error(message: string): void;
}

/** What a copy of the library needs of the coordinator, which may be another copy's. */
export interface SignalCoordinator {
  /** @returns a function that takes the application out again */
  register(application: SignalledApplication): () => void;
  /** An application is about to serve: warns of listeners that would end the process before a drain has ended. */
  nameEndingListeners(): void;
  /** The state of an application has changed. */
  changed(): void;
  /** After a signal: resolves when every application has gone. Without one: at once. */
  whenAllGone(): Promise<void>;
}

const COORDINATOR = Symbol.for('nestjs-drain.Signals.1');
type Shared = { [COORDINATOR]?: SignalCoordinator };

/**
 * The one owner of this process' signals. Found by a global name, so that the ESM and the CJS build and
 * two versions of the library share it.
 */
export const signalsOfProcess = (): SignalCoordinator =>
  ((globalThis as Shared)[COORDINATOR] ??= new ProcessSignals());

/** ms in which a terminal, a supervisor or `node --watch` delivers one signal twice. A person is slower. */
const delivery = 1000;

/**
 * The first signal drains every application of the process; the process exits once all are gone
 * (docs/decisions/0004-own-signals.md). What comes later is one of three:
 *
 * - raised by this process: Nest or a library has finished its clean-up. It changes nothing until all
 *   applications are gone, and ends the process then.
 * - within 1 s of the first: the same signal, delivered twice. It changes nothing.
 * - an operator's second signal. It exits at once.
 */
export class ProcessSignals implements SignalCoordinator {
  readonly #applications = new Map<SignalledApplication, { isSignalled: boolean }>();
  readonly #waiting = new Set<() => void>();
  #listening: readonly NodeJS.Signals[] = [];
  #first: { readonly signal: NodeJS.Signals; readonly at: number } | undefined;
  #own: OwnSignals | undefined;
  #exitTimer: NodeJS.Timeout | undefined;
  readonly #named = new Set<string>();

  register(application: SignalledApplication): () => void {
    this.#applications.set(application, { isSignalled: false });
    this.#listen();
    // Made while the others leave: their exit would cut it.
    queueMicrotask(() => this.#first && this.#signal(this.#first.signal));
    return () => {
      this.#applications.delete(application);
      this.#listen();
      this.changed();
    };
  }

  changed(): void {
    if (!this.#first) return;
    if (![...this.#applications.values()].some(({ isSignalled }) => isSignalled)) this.#takeBack();
    else if (this.#all('drained', 'gone')) this.#conclude(this.#first.signal);
    if (!this.#first || this.#all('gone')) this.#notify();
  }

  whenAllGone(): Promise<void> {
    if (!this.#first || this.#all('gone')) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.add(resolve));
  }

  /** Whether all have come so far. An application that no signal drains, and that is not closed, is left out. */
  #all(...states: ApplicationState[]): boolean {
    return [...this.#applications.keys()].every(
      (one) =>
        states.includes(one.state()) || (one.signals.length === 0 && one.state() === 'serving'),
    );
  }

  #notify(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }

  /** One listener for each signal: Node warns of more than ten, and a test suite makes many applications. */
  #listen(): void {
    const wanted = new Set([...this.#applications.keys()].flatMap(({ signals }) => signals));
    for (const signal of this.#listening) {
      if (!wanted.has(signal)) process.off(signal, this.#onSignal);
    }
    for (const signal of wanted) {
      if (!this.#listening.includes(signal)) process.prependListener(signal, this.#onSignal);
    }
    this.#listening = [...wanted];
  }

  readonly #onSignal = (signal: NodeJS.Signals): void => {
    if (this.#own?.take(signal)) {
      if (this.#all('gone')) this.#exit(0);
      return;
    }
    if (this.#signal(signal)) return;
    if (!this.#first || performance.now() - this.#first.at < delivery) return;
    if ([...this.#applications.keys()].some((one) => !one.forceExitOnSecondSignal)) return;
    this.#report('warn', `Second signal (${signal}): exiting at once`);
    this.#exit(128 + constants.signals[signal]);
  };

  /** @returns whether the signal was the first one for any application */
  #signal(signal: NodeJS.Signals): boolean {
    const serving = [...this.#applications].filter(
      ([{ signals }, { isSignalled }]) => signals.length > 0 && !isSignalled,
    );
    if (serving.length === 0) return false;
    if (!this.#first) this.#begin(signal);
    for (const [application, entry] of serving) {
      entry.isSignalled = true;
      void application.leave(signal).then((hasLeft) => {
        // Taken back, its next signal is a first one, even if another trigger drains it by now.
        entry.isSignalled = hasLeft;
        this.changed();
      });
    }
    return true;
  }

  #begin(signal: NodeJS.Signals): void {
    this.#first = { signal, at: performance.now() };
    this.#own = watchOwnSignals(() => performance.now());
    process.on('exit', this.#onExit);
    this.#nameEndingListeners(signal);
  }

  nameEndingListeners(): void {
    for (const signal of this.#listening) this.#nameEndingListeners(signal);
  }

  /** Each once: most are there when the application starts, others come later. */
  #nameEndingListeners(signal: NodeJS.Signals): void {
    const others = endingListeners(signal, this.#onSignal).filter(
      (one) => !this.#named.has(`${signal} ${one}`),
    );
    if (others.length === 0) return;
    for (const one of others) this.#named.add(`${signal} ${one}`);
    this.#report(
      'warn',
      `Another listener of ${signal} may end the process before the drain has ended: ` +
        `${others.join('; ')}. Remove it, and do its work in an \`afterDrain()\` hook ` +
        '(docs/operations.md, "A listener that exits first").',
    );
  }

  /** Every application serves again. */
  #takeBack(): void {
    this.#first = undefined;
    this.#own?.stop();
    this.#own = undefined;
    process.off('exit', this.#onExit);
    clearTimeout(this.#exitTimer);
    this.#exitTimer = undefined;
  }

  /** The drains are over. Nest or another listener may still close something; their time is bounded. */
  #conclude(signal: NodeJS.Signals): void {
    process.off('exit', this.#onExit);
    if (process.listenerCount(signal) === 1 && this.#all('gone')) this.#exit(0);
    const exitTimeout = Math.max(...[...this.#applications.keys()].map((one) => one.exitTimeout));
    this.#exitTimer ??= setTimeout(() => {
      this.#report(
        'error',
        `Still running ${exitTimeout} s after the drain: a shutdown hook hangs or something keeps the ` +
          'event loop alive; end it there, or raise `exitTimeout`. Exiting now.',
      );
      this.#exit(1);
    }, exitTimeout * 1000);
    // A hook that waits for nothing keeps no process alive, and those behind it would be left out.
    if (this.#all('gone')) this.#exitTimer.unref();
    else this.#exitTimer.ref();
  }

  #exit(code: number): void {
    process.off('exit', this.#onExit);
    process.exit(code);
  }

  /** Written in the same turn: the next one never comes. The stack names the caller of `process.exit()`. */
  readonly #onExit = (code: number): void => {
    const { stack = '' } = new Error();
    this.#report(
      'error',
      `The process exits with ${code} before its drain has ended, by process.exit() or an uncaught error. ` +
        'Let the caller wait for the drain, in an `afterDrain()` hook:\n' +
        stack.split('\n').slice(2).join('\n'),
    );
  };

  /** Once for the process, by the first application's logger. */
  #report(level: 'warn' | 'error', message: string): void {
    const [application] = this.#applications.keys();
    application?.[level](message);
  }
}
