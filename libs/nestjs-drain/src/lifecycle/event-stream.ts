import { Observable, type Observer, type Operator, type Subscription } from 'rxjs';
import type { DrainEvent, DrainEvents } from '../core/events.js';

type OnError = (error: unknown) => void;
type Next<T> = (value: T) => void;

/**
 * The drain's events as an Observable whose subscribers cannot end the process: rxjs throws the error
 * of a subscriber in a turn of its own, where nothing can catch it. Here, and behind every operator,
 * it goes to `onError` instead, and the subscriber gets the next event.
 */
export function eventStream(events: DrainEvents, onError: OnError): Observable<DrainEvent> {
  const source = new Observable<DrainEvent>((observer) =>
    events.subscribe((event) => observer.next(event)),
  );
  return guard(source, onError);
}

/** A source whose own subscribers, and those of what operators make of it, are guarded. */
function guard<T>(source: Observable<T>, onError: OnError): Observable<T> {
  const subscribe = source.subscribe.bind(source) as (observer: unknown) => Subscription;
  const lift = source.lift.bind(source);
  return Object.assign(source, {
    subscribe: (observer?: Partial<Observer<T>> | Next<T> | null): Subscription =>
      subscribe(isSubscriber(observer) ? observer : guardedObserver(observer, onError)),
    lift: <R>(operator?: Operator<T, R>) => guard(lift(operator), onError),
  });
}

/** Operators subscribe with these. Their errors go down to an observer of a user. */
const isSubscriber = (observer: unknown): boolean =>
  typeof observer === 'object' && observer !== null && 'closed' in observer && 'add' in observer;

function guardedObserver<T>(
  given: Partial<Observer<T>> | Next<T> | null | undefined,
  onError: OnError,
): Observer<T> {
  const observer = typeof given === 'function' ? { next: given } : (given ?? {});
  const guarded = (task: () => void): void => {
    try {
      task();
    } catch (error) {
      onError(error);
    }
  };
  return {
    next: (value) => guarded(() => observer.next?.(value)),
    complete: () => guarded(() => observer.complete?.()),
    error: (error: unknown) =>
      guarded(() => (observer.error ? observer.error(error) : onError(error))),
  };
}
