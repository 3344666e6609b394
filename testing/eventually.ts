import pWaitFor from 'p-wait-for';

export interface Patience {
  /** Milliseconds until it gives up. Default 5 000: a bound for what hangs, not a measure. */
  readonly timeout?: number;
  /** Milliseconds between two looks. Default 50. */
  readonly interval?: number;
}

/** Repeats a check until it passes. Too late, it throws what the check threw last. */
export async function eventually(
  check: () => unknown,
  { timeout = 5_000, interval = 50 }: Patience = {},
): Promise<void> {
  let failure: unknown = new Error(`The check gave no answer within ${timeout} ms`);
  const passes = async (): Promise<boolean> => {
    try {
      await check();
      return true;
    } catch (error) {
      failure = error;
      return false;
    }
  };
  const fallback = (): boolean => {
    throw failure;
  };
  await pWaitFor(passes, { interval, timeout: { milliseconds: timeout, fallback } });
}
