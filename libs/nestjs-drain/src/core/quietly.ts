/** Runs what may fail, now or by its promise, where a failure must stop nothing and there is no other place for it. */
export function quietly(run: () => unknown): void {
  attempt(run).catch(() => undefined);
}

async function attempt(run: () => unknown): Promise<void> {
  await run();
}
