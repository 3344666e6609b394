/**
 * Passes on what `source` yields and ends in the turn in which `signal` aborts, even when the source
 * does not listen to the signal and never answers again.
 */
export async function* untilAborted<Item>(
  source: AsyncIterable<Item>,
  signal: AbortSignal,
): AsyncGenerator<Item, void, undefined> {
  const iterator = source[Symbol.asyncIterator]();
  let wake: () => void = () => undefined;
  signal.addEventListener('abort', () => wake(), { once: true });
  const next = () =>
    new Promise<IteratorResult<Item, unknown> | undefined>((resolve, reject) => {
      wake = () => resolve(undefined);
      iterator.next().then(resolve, reject);
    });
  try {
    while (!signal.aborted) {
      const result = await next();
      if (result === undefined || result.done === true) return;
      yield result.value;
    }
  } finally {
    // Not awaited: a source that hangs would hang here too.
    void Promise.resolve(iterator.return?.()).catch(() => undefined);
  }
}
