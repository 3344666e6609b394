import { type Clock, systemClock } from './clock.js';
import { DrainRun } from './drain-run.js';
import type { Seconds } from './duration.js';
import { DrainEvents } from './events.js';
import { Farewells, type Outlook, type Shortfall } from './farewells.js';
import { InFlight, type InFlightOptions } from './in-flight.js';
import type { Listener } from './shutdown.js';
import type { ResolvedDrainOptions } from './options.js';
import { type DrainPhase, DrainResetError, ResetRefusedError } from './phase.js';
import type { DrainReport } from './report.js';
import type { EndCause, Stream } from './stream.js';
import { StreamRegistry } from './stream-registry.js';
import { TellingRate } from './telling-rate.js';
import { Upgrades } from './upgrades.js';
import { WaveSchedule } from './waves.js';

/**
 * The machine: serving → lameDuck → draining → drained. It runs once and returns one report; every
 * trigger after the first joins. One deadline, counted from the first trigger.
 */
export class Drain {
  readonly events: DrainEvents;
  readonly streams: StreamRegistry;
  readonly #counted: InFlight[] = [];
  #phase: DrainPhase = 'serving';
  readonly requests = this.count('requests', { awaitsLateWork: false });
  /** What message handlers are working on: microservices and their like. */
  readonly messages = this.count('messages', { awaitsLateWork: false });
  readonly tasks = this.count('tasks', { awaitsLateWork: true });
  /** Connections whose client has just had an answer and may send one more request (law 11). */
  readonly connections = this.count('connections', { awaitsLateWork: true });
  /** Sockets that left HTTP. Those that no adapter has claimed are reported, and not waited for. */
  readonly upgrades = new Upgrades();
  /**
   * What readiness asks besides the drain: each says at once, from what it knows, why this process cannot
   * take requests, or undefined.
   */
  readonly readinessChecks = new Set<() => string | undefined>();
  /** The ways in, shut together by `stopListeners`. */
  readonly listeners = new Set<Listener>();
  readonly #rate = new TellingRate();
  readonly #waves: WaveSchedule;
  #run: DrainRun | undefined;
  readonly #expiry = new AbortController();
  readonly #allTold = new AbortController();
  /** Why `reset()` is refused from here on. */
  #irreversible: string | undefined;
  #kubeletWaits = 0;
  #stopping: Promise<void> | undefined;

  constructor(
    readonly options: ResolvedDrainOptions,
    readonly clock: Clock = systemClock,
    onListenerError?: (error: unknown) => void,
    /** Runs the beginning of a drain, and with it all that follows, apart from the caller that happened to trigger it. */
    private readonly apart: <T>(task: () => T) => T = (task) => task(),
  ) {
    this.events = new DrainEvents(onListenerError);
    this.streams = new StreamRegistry(clock, this.events);
    this.#waves = new WaveSchedule(clock, options.waves, this.#rate);
  }

  get phase(): DrainPhase {
    return this.#phase;
  }

  get isShuttingDown(): boolean {
    return this.#phase !== 'serving';
  }

  /** The clock's ms at which remaining streams are cancelled; undefined while serving. */
  get deadline(): number | undefined {
    return this.#run?.deadline;
  }

  /** Seconds until remaining streams are cancelled; undefined while serving and after the drain. */
  get secondsLeft(): number | undefined {
    if (this.deadline === undefined || this.#phase === 'drained') return undefined;
    return Math.max(0, (this.deadline - this.clock.now()) / 1000);
  }

  /** Aborts at the deadline, when background work has to stop. */
  get expired(): AbortSignal {
    return this.#expiry.signal;
  }

  /**
   * Aborts behind the deadline, when every stream has been told. What streams read from stops then: a stream that ended
   * before its wave, because its source did, would be counted as completed.
   */
  get allTold(): AbortSignal {
    return this.#allTold.signal;
  }

  /** What the farewells would take if they were due now; undefined before the draining. */
  get outlook(): Outlook | undefined {
    return this.#run?.farewells?.outlook;
  }

  /** Seconds for which this run accepts new streams; 0 where nothing sends any. */
  get propagationDelay(): number {
    return this.#run?.propagationDelay ?? this.options.propagationDelay;
  }

  /**
   * Starts the drain, or joins the one that runs. All callers share one report.
   * @param how `lameDuck: false` refuses new streams at once, where no balancer has to hear of it first.
   */
  start(trigger: string, { lameDuck = true } = {}): Promise<DrainReport> {
    if (this.#run) {
      this.events.emit({ type: 'joined', trigger });
      return this.#run.report;
    }
    return this.apart(() => this.#start(trigger, lameDuck));
  }

  #start(trigger: string, lameDuck: boolean): Promise<DrainReport> {
    const run = (this.#run = new DrainRun(trigger, this.clock, this.streams, {
      deadline: this.clock.now() + this.options.timeout * 1000,
      propagationDelay: lameDuck ? this.options.propagationDelay : 0,
    }));
    // Before all that the beginning brings about, which takes a while with thousands of connections: both count from here.
    run.after(this.options.timeout, () => this.#expire(run));
    if (run.propagationDelay > 0) run.after(run.propagationDelay, () => this.#close(run));
    this.#enter('lameDuck');
    this.events.emit({ type: 'started', trigger });
    if (this.#run !== run) return run.report; // A listener has reset it.
    if (run.propagationDelay === 0) this.#close(run);
    return run.report;
  }

  /**
   * Makes the deadline now, because less time is left than `timeout` says: unfinished streams get their
   * farewell or are handed off, and what has not left `flush` seconds later is destroyed. Does nothing
   * while serving, after the deadline and after the drain.
   */
  expireNow(flush: Seconds = this.options.flushTimeout): void {
    const run = this.#run;
    if (!run || this.#phase === 'drained' || this.expired.aborted) return;
    run.deadline = this.clock.now();
    this.#expire(run, Math.min(flush, this.options.flushTimeout));
  }

  /**
   * The kubelet's preStop hook waits for the end of the drain. It sends SIGTERM only after its answer or
   * when the grace period is over, so a SIGTERM during this wait means that about 2 s are left.
   * @returns a function for the moment in which the hook has been answered or has gone
   */
  kubeletWaits(): () => void {
    this.#kubeletWaits += 1;
    let left = false;
    return () => {
      if (!left) this.#kubeletWaits -= 1;
      left = true;
    };
  }

  get kubeletIsWaiting(): boolean {
    return this.#kubeletWaits > 0;
  }

  /** Resolves with the report of the drain that runs, or of the next one. Starts nothing. */
  whenDrained(): Promise<DrainReport> {
    if (this.#run) return this.#run.report;
    return new Promise((resolve) => {
      const unsubscribe = this.events.on('started', () => {
        unsubscribe();
        resolve(this.whenDrained());
      });
    });
  }

  /**
   * Shuts every way in. Answers that started after the drain had closed still leave, until the
   * drain's own deadline and flush. From here on `reset()` is refused. All callers wait for the same end.
   */
  stopListeners(): Promise<void> {
    this.#stopping ??= this.#stopListeners();
    return this.#stopping;
  }

  async #stopListeners(): Promise<void> {
    this.makeIrreversible('its listeners have been closed');
    const flush = this.#run?.flush ?? this.options.flushTimeout;
    // Thousands of farewells go on behind the deadline: the last answers have their time like the last farewell.
    const last = Math.max(this.deadline ?? this.clock.now(), this.#run?.farewells?.lastAt ?? 0);
    const deadline = last + flush * 1000;
    await Promise.allSettled([...this.listeners].map(async (one) => one.stop(deadline)));
  }

  /**
   * Back to serving, as if nothing had happened. Callers that wait get a DrainResetError.
   * @throws ResetRefusedError with the reason, when something has been closed already.
   */
  reset(): void {
    if (this.#irreversible !== undefined) throw new ResetRefusedError(this.#irreversible);
    this.#run?.abandon(new DrainResetError());
    this.#run = undefined;
    for (const work of this.#works) work.reopen();
    if (this.isShuttingDown) this.#enter('serving');
  }

  /**
   * Something was closed that cannot be opened again, such as the subscription to a broker. From here
   * on `reset()` is refused.
   * @param reason for the message; the first one stays
   */
  makeIrreversible(reason = 'connections have been closed'): void {
    this.#irreversible ??= reason;
  }

  get #unfinished(): Record<string, number> {
    const counts = this.#counted.map(({ name, unfinished }) => [name, unfinished] as const);
    const left = [...counts, ['upgrades', this.upgrades.size] as const];
    return Object.fromEntries(left.filter(([, count]) => count > 0));
  }

  /** Everything but streams that the drain counts and waits for. */
  get counted(): readonly InFlight[] {
    return this.#counted;
  }

  /**
   * Counts a kind of work under a name of its own: the drain waits for it, and the report names what
   * is left of it. Asked for twice, the same counter is returned, with the options of the first time.
   */
  count(name: string, options: InFlightOptions): InFlight {
    const known = this.#counted.find((work) => work.name === name);
    if (known) return known;
    const work = new InFlight(name, options);
    // Added while draining, it is waited for like the others.
    if (this.#phase === 'draining' || this.#phase === 'drained') work.close();
    this.#counted.push(work);
    return work;
  }

  get #works(): readonly (StreamRegistry | InFlight)[] {
    return [this.streams, ...this.#counted];
  }

  /** lameDuck → draining: new streams are refused, subscriptions told, and the wait begins. */
  #close(run: DrainRun): void {
    if (this.#phase !== 'lameDuck') return; // The deadline was brought forward.
    const { timeout, retryAfter } = this.options;
    const budget = timeout - run.propagationDelay;
    // A last answer that began later would probably meet the deadline; its client gets 503 and goes elsewhere.
    const lastAnswersUntil = run.propagationDelay > 0 ? this.clock.now() + (budget * 1000) / 2 : 0;
    this.streams.close({ reason: 'draining', retryAfter }, { lastAnswersUntil });
    for (const work of this.#counted) work.close();
    this.#prepareFarewells(run);
    this.#enter('draining');
    if (this.#run !== run) return; // A listener has reset it.
    this.#askToReconnect(run);
    void this.#finishWhenSettled(run);
  }

  /** Ends the drain in the turn in which everything that is waited for has become empty. */
  async #finishWhenSettled(run: DrainRun): Promise<void> {
    // While one kind of work is waited for, it may bring forth another: hence the second look.
    do await Promise.all(this.#works.map((work) => work.whenEmpty()));
    while (!this.#works.every((work) => work.isSettled));
    this.#finish(run);
  }

  /**
   * The deadline: farewells now, in waves, and the destruction of each stream `flushTimeout` after its own.
   * @param left seconds in which all has to be over, where it is known that no more are left
   */
  #expire(run: DrainRun, left?: Seconds): void {
    if (this.expired.aborted) return; // It was brought forward.
    this.#close(run);
    run.flush = left ?? this.options.flushTimeout;
    this.makeIrreversible('its deadline has passed');
    this.#expiry.abort();
    run.farewells?.expire(left === undefined ? undefined : left * 1000);
  }

  /** From now on the farewells may begin, where so many are open that the deadline would be too late. */
  #prepareFarewells(run: DrainRun): void {
    const { clock, streams, options } = this;
    const means = { clock, streams, options, waves: this.#waves, rate: this.#rate };
    run.farewells = new Farewells(means, clock.now(), run.deadline, {
      tell: (stream) => this.#tell(stream, 'deadline'),
      onAllTold: () => this.#allTold.abort(),
      onOver: (shortfall) => this.#cut(run, shortfall),
    });
    run.onEnd(() => run.farewells?.stop());
  }

  /** Everything had its time; what came after the deadline goes with the rest. */
  #cut(run: DrainRun, shortfall?: Shortfall): void {
    for (const stream of [...this.streams]) stream.destroy();
    this.#finish(run, shortfall);
  }

  /** Subscriptions, and what is handed off early, in waves. */
  #askToReconnect(run: DrainRun): void {
    const leavesNow = ({ kind, handsOff }: Stream): boolean =>
      kind === 'subscription' || handsOff === 'eager';
    const budget = this.options.timeout - run.propagationDelay;
    const tell = (stream: Stream): void => this.#tell(stream, 'reconnect');
    run.onEnd(this.#waves.run([...this.streams].filter(leavesNow), budget * 1000, tell));
  }

  #tell(stream: Stream, cause: EndCause): void {
    // What has ended already, or was handed off before, is not the drain's doing.
    if (stream.isReleased || stream.endedFor) return;
    this.makeIrreversible('streams have been ended');
    stream.end(cause);
  }

  #finish(run: DrainRun, shortfall?: Shortfall): void {
    if (this.#run !== run || this.#phase === 'drained') return;
    this.streams.close({ reason: 'drained', retryAfter: this.options.retryAfter });
    const outcome = run.farewells?.hasBegun ? 'timeout' : 'completed';
    const report = run.conclude({ outcome, unfinished: this.#unfinished, ...shortfall });
    this.#enter('drained');
    this.events.emit({ type: 'ended', report });
  }

  #enter(phase: DrainPhase): void {
    const previous = this.#phase;
    this.#phase = phase;
    this.events.emit({ type: 'phaseChanged', phase, previous });
  }
}
