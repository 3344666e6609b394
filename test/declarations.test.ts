import { expect, test } from '@jest/globals';
import { unnamedTypesOf } from './support/inferred-types.js';

test('an application with `declaration: true` can name the type of whatever nestjs-drain returns', () => {
  const { looked, unnamed } = unnamedTypesOf('nestjs-drain');
  expect(looked).toBeGreaterThan(150);
  // Of the library's own adapters: an application calls `open()`.
  const inner = ['StreamAdmission.admit (Admission)', 'StreamAdmission.admit (HttpTransport)'];
  expect(unnamed).toEqual(inner);
});
