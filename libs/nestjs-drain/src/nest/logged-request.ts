/** The parts of a request that handlers take their input from. Headers are not logged: they carry credentials. */
const parts = ['body', 'params', 'query'] as const;

/** What is logged with a stream, so that any replica can run its handler again. */
export function loggedRequest(request: object): string {
  const given = request as Record<string, unknown>;
  return JSON.stringify(Object.fromEntries(parts.map((part) => [part, given[part]])));
}

/** Gives a request that resumes a stream the input that the stream was started with. */
export function restoreRequest(request: object, logged: string): void {
  for (const [part, value] of Object.entries(JSON.parse(logged) as object)) {
    // Express 5 has a getter for the query.
    Object.defineProperty(request, part, { value, configurable: true, writable: true });
  }
}
