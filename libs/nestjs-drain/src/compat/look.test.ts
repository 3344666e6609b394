import { EventEmitter } from 'node:events';
import { expect, jest, test } from '@jest/globals';
import { listenFirst } from './look.js';

test('a listener of the application that throws keeps the event from none of ours', () => {
  const emitter = new EventEmitter();
  const heard = jest.fn();
  emitter.on('close', () => {
    throw new Error('application');
  });
  listenFirst(emitter, 'close', heard);
  expect(() => emitter.emit('close')).toThrow('application');
  expect(heard).toHaveBeenCalledTimes(1);
});
