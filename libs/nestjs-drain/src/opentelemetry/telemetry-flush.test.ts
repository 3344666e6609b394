import { describe, expect, it, jest } from '@jest/globals';
import { TelemetryFlush } from './telemetry-flush.js';

const flushing = (forceFlush = () => Promise.resolve()) => ({ forceFlush: jest.fn(forceFlush) });

describe('the flush after the drain', () => {
  it('reaches a provider behind a proxy, and passes over what cannot be flushed', async () => {
    const behind = flushing();
    await new TelemetryFlush([{ getDelegate: () => behind }, {}]).afterDrain();
    expect(behind.forceFlush).toHaveBeenCalledTimes(1);
  });

  it('flushes every provider although one fails, and says why that one failed', async () => {
    const broken = flushing(() => Promise.reject(new Error('connect ECONNREFUSED')));
    const working = flushing();
    const flush = new TelemetryFlush([broken, working]);
    await expect(flush.afterDrain()).rejects.toThrow(/ECONNREFUSED.*collector outlives this pod/);
    expect(working.forceFlush).toHaveBeenCalledTimes(1);
  });
});
