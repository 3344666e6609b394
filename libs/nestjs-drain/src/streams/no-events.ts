import { Observable } from 'rxjs';

/**
 * The events of an answer that has none. Nest 11 sends the head of an event stream from a timer of 0 ms, and no head at
 * all if the events have ended by then: a client would get 200 without a `Content-Type`, for which an EventSource closes
 * for good. The second of two such timers runs behind it.
 */
export const noEvents = new Observable<never>((client) => {
  let timer = setTimeout(() => {
    timer = setTimeout(() => client.complete(), 0);
  }, 0);
  return () => clearTimeout(timer);
});
