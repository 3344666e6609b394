import { expect, test } from '@jest/globals';
import { linkSignals } from './linked-signal.js';

test('any number of readings follow one signal, without a warning of Node', async () => {
  const warnings: Error[] = [];
  const onWarning = (warning: Error): void => void warnings.push(warning);
  process.on('warning', onWarning);
  const source = new AbortController();
  const linked = Array.from({ length: 30 }, () => linkSignals(source.signal));
  // A warning is emitted in the next turn.
  await new Promise((resolve) => setImmediate(resolve));
  process.off('warning', onWarning);
  expect(warnings).toEqual([]);
  const reason = new Error('over');
  source.abort(reason);
  expect(linked.map(({ signal }) => signal.reason as unknown)).toEqual(linked.map(() => reason));
});
