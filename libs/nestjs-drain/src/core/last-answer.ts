/** On the request itself: a WeakMap of all requests costs the garbage collector dearly. */
const LAST_ANSWER = Symbol('nestjs-drain.LastAnswer');

interface Marked {
  [LAST_ANSWER]?: true;
}

/**
 * Marks a request on a connection that was kept alive and not notified: its answer says
 * `Connection: close`, and is the last on that connection.
 * @param request Node's own request.
 */
export function markLastAnswer(request: object): void {
  (request as Marked)[LAST_ANSWER] = true;
}

/** @param request Node's own request. */
export function isLastAnswer(request: object): boolean {
  return (request as Marked)[LAST_ANSWER] === true;
}
