import { expect, test } from '@jest/globals';
import { Management } from '../control/management-port.js';
import { StreamCursor } from '../resume/stream-cursor.decorator.js';

class Target {}

test.each<[string, unknown, unknown[]]>([
  ['Management', Management, [Target]],
  ['StreamCursor', StreamCursor, [Target.prototype, 'method', 0]],
])('@%s says that it needs its parentheses', (name, decorator, given) => {
  const bare = decorator as (...given: unknown[]) => unknown;
  expect(() => bare(...given)).toThrow(`@${name} needs its parentheses: write @${name}().`);
  expect(() => bare()).not.toThrow();
});
