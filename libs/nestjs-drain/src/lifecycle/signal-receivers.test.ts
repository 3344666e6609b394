import { expect, jest, test } from '@jest/globals';
import { receiveSignals } from './signal-receivers.js';

const signal = 'SIGUSR2';

test('many applications are one listener, and the last that goes takes it along', () => {
  const before = process.listenerCount(signal);
  const stops = Array.from({ length: 20 }, () => receiveSignals([signal], () => undefined));
  expect(process.listenerCount(signal)).toBe(before + 1);
  for (const stop of stops) stop();
  expect(process.listenerCount(signal)).toBe(before);
});

test('a signal reaches every application that still listens, once', () => {
  const [first, second] = [jest.fn(), jest.fn()];
  const stops = [receiveSignals([signal], first), receiveSignals([signal], second)];
  process.emit(signal, signal);
  stops[0]?.();
  process.emit(signal, signal);
  expect(first.mock.calls).toEqual([[signal]]);
  expect(second.mock.calls).toEqual([[signal], [signal]]);
  stops[1]?.();
});
