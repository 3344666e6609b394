/** What an SDK's tracer, meter and logger providers have, and the API's do not. */
export interface Flushable {
  forceFlush(): Promise<void>;
}

/**
 * Sends what exporters still hold, after the drain and before the process exits: otherwise the
 * numbers of the drain itself would be the ones that never arrive. Bounded by `hookTimeout`.
 */
export class TelemetryFlush {
  constructor(private readonly providers: readonly unknown[]) {}

  async afterDrain(): Promise<void> {
    const flushed = this.providers.map(behindProxy).filter(isFlushable);
    const results = await Promise.allSettled(flushed.map((provider) => provider.forceFlush()));
    const failed = results.filter((result) => result.status === 'rejected');
    if (failed.length === 0) return;
    const reasons = failed.map((result) => result.reason as unknown);
    throw new AggregateError(
      reasons,
      `The last telemetry did not leave: ${reasons.map(String).join('; ')}. ` +
        'See that the collector outlives this pod.',
    );
  }
}

/** The global tracer provider is a proxy, which cannot be flushed. */
function behindProxy(provider: unknown): unknown {
  const { getDelegate } = provider as { getDelegate?: unknown };
  return typeof getDelegate === 'function' ? getDelegate.call(provider) : provider;
}

function isFlushable(provider: unknown): provider is Flushable {
  return typeof (provider as Partial<Flushable> | undefined)?.forceFlush === 'function';
}
