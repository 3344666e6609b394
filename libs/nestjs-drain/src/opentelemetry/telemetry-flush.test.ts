import { describe, expect, it, vi } from 'vitest';
import { TelemetryFlush } from './telemetry-flush.js';

const flushing = (forceFlush = () => Promise.resolve()) => ({ forceFlush: vi.fn(forceFlush) });

describe('the flush after the drain', () => {
  it('reaches a provider behind a proxy, and passes over what cannot be flushed', async () => {
    const behind = flushing();
    await new TelemetryFlush([{ getDelegate: () => behind }, {}]).afterDrain();
    expect(behind.forceFlush).toHaveBeenCalledOnce();
  });

  it('flushes every provider although one fails, and says why that one failed', async () => {
    const broken = flushing(() => Promise.reject(new Error('connect ECONNREFUSED')));
    const working = flushing();
    const flush = new TelemetryFlush([broken, working]);
    await expect(flush.afterDrain()).rejects.toThrow(/ECONNREFUSED.*collector outlives this pod/);
    expect(working.forceFlush).toHaveBeenCalledOnce();
  });
});
