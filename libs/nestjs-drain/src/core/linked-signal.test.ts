import { getEventListeners } from 'node:events';
import { expect, it } from '@jest/globals';
import { linkedSignal } from './linked-signal.js';

it('aborts with its source, and with the source’s reason', () => {
  const source = new AbortController();
  const [one, two] = [linkedSignal(source.signal), linkedSignal(source.signal)];
  expect(one.signal.aborted).toBe(false);
  source.abort('deadline');
  expect([one.signal.reason, two.signal.reason]).toEqual(['deadline', 'deadline']);
  expect(linkedSignal(source.signal).signal.reason).toBe('deadline');
});

it('follows no longer once it is disposed', () => {
  const source = new AbortController();
  const { signal, dispose } = linkedSignal(source.signal);
  dispose();
  source.abort();
  expect(signal.aborted).toBe(false);
});

it('leaves nothing on its source, however many there were', () => {
  const source = new AbortController();
  for (let run = 0; run < 1_000; run += 1) {
    const { signal, dispose } = linkedSignal(source.signal);
    signal.addEventListener('abort', () => undefined);
    dispose();
  }
  expect(getEventListeners(source.signal, 'abort')).toHaveLength(1);
});
