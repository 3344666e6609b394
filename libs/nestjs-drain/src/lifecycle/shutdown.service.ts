import { Inject, Injectable } from '@nestjs/common';
import {
  Observable,
  type Observer,
  type Operator,
  type Subscriber,
  type Subscription,
  type TeardownLogic,
} from 'rxjs';
import { DrainLog, stackOf } from '../compat/nest-logger.js';
import { callingWork } from '../compat/work-context.js';
import { Drain } from '../core/drain.js';
import {
  type DrainEvent,
  type DrainEvents,
  type OnError,
  withoutThrowing,
} from '../core/events.js';
import type { DrainPhase } from '../core/phase.js';
import type { DrainReport } from '../core/report.js';
import { DRAIN } from '../core/tokens.js';
import { runTask } from './drainable-task.decorator.js';

/** The drain at one moment. */
export interface DrainSnapshot {
  readonly phase: DrainPhase;
  readonly isShuttingDown: boolean;
  readonly activeStreams: number;
  readonly inFlightRequests: number;
  readonly inFlightMessages: number;
  readonly runningTasks: number;
  /** All that is counted besides streams, by the name it has in the report: `requests`, `jobs`, … */
  readonly inFlight: Readonly<Record<string, number>>;
  /** Seconds until remaining streams are cancelled; undefined while serving and after the drain. */
  readonly secondsLeft: number | undefined;
}

/** The single source of truth about the shutdown: every number elsewhere is read from here. */
@Injectable()
export class ShutdownService {
  /**
   * What happened, as it happens: nothing is repeated for a late subscriber, and there is no end. Observers see facts; they
   * cannot delay the drain.
   */
  readonly events: Observable<DrainEvent>;

  readonly #logger = new DrainLog('GracefulShutdown');

  constructor(@Inject(DRAIN) private readonly machine: Drain) {
    this.events = eventStream(machine.events, (error) => {
      this.#logger.error(
        'A subscriber of ShutdownService.events threw, or an operator before it. The drain goes on, and so does a ' +
          'subscriber; behind an operator that threw come no more events. Catch the error where it is thrown: what ' +
          'this subscriber throws later is not logged.',
        stackOf(error),
      );
    });
  }

  get phase(): DrainPhase {
    return this.machine.phase;
  }

  get isShuttingDown(): boolean {
    return this.machine.isShuttingDown;
  }

  /** Open streams of `@DrainableStream()` routes. */
  get activeStreams(): number {
    return this.machine.streams.size;
  }

  /** Requests being answered, without streams, probes and the module's own routes. */
  get inFlightRequests(): number {
    return this.machine.requests.size;
  }

  snapshot(): DrainSnapshot {
    return {
      phase: this.phase,
      isShuttingDown: this.isShuttingDown,
      activeStreams: this.activeStreams,
      inFlightRequests: this.inFlightRequests,
      inFlightMessages: this.machine.messages.size,
      runningTasks: this.machine.tasks.size,
      inFlight: Object.fromEntries(this.machine.counted.map(({ name, size }) => [name, size])),
      secondsLeft: this.machine.secondsLeft,
    };
  }

  /** Starts the drain, or joins the one that runs. Returns at once. */
  initiate(): void {
    void this.machine.start('initiate');
  }

  /**
   * Starts the drain, or joins the one that runs, and resolves with its report. The drain does not wait
   * for a task or a hook that calls this, because each would wait for the other; `initiate()` only starts.
   * @throws DrainResetError when the drain is taken back by `reset()`.
   */
  drain(): Promise<DrainReport> {
    this.#excuseCaller('drain');
    return this.machine.start('drain');
  }

  /**
   * Resolves with the report of the drain that runs, or of the next one. It starts nothing. The drain
   * does not wait for a task or a hook that calls this.
   * @throws DrainResetError when the drain is taken back by `reset()`.
   */
  wait(): Promise<DrainReport> {
    this.#excuseCaller('wait');
    return this.machine.whenDrained();
  }

  /**
   * Lets the drain wait for background work, as for a request. A function gets a signal that aborts at
   * the deadline, and is disposed with the work.
   * @returns a promise of the work's result. It rejects with the work's error: handle it here, or Node
   * reports an unhandled rejection.
   */
  track<T>(work: PromiseLike<T> | ((deadline: AbortSignal) => T | PromiseLike<T>)): Promise<T> {
    if (typeof work !== 'function') return this.machine.tasks.track(work);
    return (async () => runTask(this.machine, 'work given to track()', work))();
  }

  /**
   * Back to serving, as long as nothing has been closed.
   * @throws ResetRefusedError with the reason, when something has been closed already.
   */
  reset(): void {
    this.machine.reset();
  }

  #excuseCaller(method: string): void {
    const caller = callingWork();
    if (!caller) return;
    caller.excuse();
    this.#logger.warn(
      `${caller.name} calls ShutdownService.${method}(), and the drain would wait for it in turn: it is ` +
        'not waited for. Call initiate() to only start the drain.',
    );
  }
}

/** What rxjs takes: an observer, or its three functions one by one. */
interface Callbacks<T> {
  readonly next?: ((value: T) => void) | null | undefined;
  readonly error?: OnError | null | undefined;
  readonly complete?: (() => void) | null | undefined;
}

/**
 * The drain's events as an Observable whose subscribers cannot end the process: rxjs throws the error
 * of a subscriber in a turn of its own, where nothing can catch it. Here, and behind every operator,
 * it goes to `onError` instead, the first time for each subscriber, and the subscriber gets the next event. Not so in the
 * Observables that `groupBy()` and `window()` emit, in those that functions such as `merge()` make of several, and in a
 * Subject that is given as a subscriber: those are the application's own.
 */
export function eventStream(events: DrainEvents, onError: OnError): Observable<DrainEvent> {
  return new GuardedObservable(
    (observer) => events.subscribe((event) => observer.next(event)),
    withoutThrowing(onError),
  );
}

/**
 * A source whose own subscribers, and those of what operators make of it, are guarded. A class, because methods that are
 * put on one Observable make room for themselves in all that the application creates.
 */
class GuardedObservable<T> extends Observable<T> {
  constructor(
    subscribe: (observer: Subscriber<T>) => TeardownLogic,
    private readonly onError: OnError,
  ) {
    super(subscribe);
    this.lift = liftGuarded(onError);
  }

  override subscribe(
    given?: Partial<Observer<T>> | Callbacks<T>['next'],
    error?: OnError | null,
    complete?: (() => void) | null,
  ): Subscription {
    if (isSubscriber<T>(given)) return super.subscribe(given);
    const isObserver = typeof given === 'object' && given !== null;
    const callbacks = isObserver ? given : { next: given, error, complete };
    return super.subscribe(guardedObserver(callbacks, this.onError));
  }
}

/** A function that knows its `onError` by itself: the connectable Observables of rxjs copy it from their source. */
function liftGuarded<T>(onError: OnError) {
  return function <R>(this: Observable<T>, operator?: Operator<T, R>): Observable<R> {
    // What it is called on is the source of what is lifted.
    const lifted = Observable.prototype.lift.call(
      this,
      operator as Operator<unknown, unknown>,
    ) as Observable<R>;
    return new GuardedObservable<R>((observer) => lifted.subscribe(observer), onError);
  };
}

/** Operators subscribe with these. Their errors go down to an observer of a user. */
const isSubscriber = <T>(observer: unknown): observer is Subscriber<T> =>
  typeof observer === 'object' && observer !== null && 'closed' in observer && 'add' in observer;

function guardedObserver<T>(observer: Callbacks<T>, onError: OnError): Observer<T> {
  let hasThrown = false;
  // One that throws does so at each event, and there is one for each stream.
  const onThrown = (error: unknown): void => {
    if (hasThrown) return;
    hasThrown = true;
    onError(error);
  };
  const guarded = (task: () => unknown): void => {
    try {
      // An `async` subscriber throws by rejecting.
      Promise.resolve(task()).catch(onThrown);
    } catch (error) {
      onThrown(error);
    }
  };
  return {
    next: (value) => guarded(() => observer.next?.(value)),
    complete: () => guarded(() => observer.complete?.()),
    error: (error: unknown) =>
      guarded(() => (observer.error ? observer.error(error) : onError(error))),
  };
}
