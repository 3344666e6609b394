import { EventEmitter } from 'node:events';
import { expect, test } from '@jest/globals';
import { Attachment } from './attachment.js';

test('a value is found on its own object, also on one that was given another prototype meanwhile', () => {
  const attachment = new Attachment<number>();
  const [one, other, none] = [{}, {}, {}];
  attachment.set(one, 1);
  attachment.hold(other, 2);
  for (const object of [one, other]) Object.setPrototypeOf(object, { named: 'by Express' });
  expect([one, other, none].map((object) => attachment.of(object))).toEqual([1, 2, undefined]);
  attachment.set(one, 3);
  expect(attachment.of(one)).toBe(3);
});

test.each([
  ['wrapped', 'itself'],
  ['itself', 'wrapped'],
] as const)('what is remembered of a request %s is known of it %s', (put, asked) => {
  const raw = new EventEmitter();
  const forms = { wrapped: { raw }, itself: raw };
  const attachment = new Attachment<number>();
  attachment.set(forms[put], 1);
  expect(attachment.of(forms[asked])).toBe(1);
  attachment.hold(forms[put], 2);
  expect([forms[put], forms[asked]].map((form) => attachment.of(form))).toEqual([2, 2]);
});

test('what is remembered of a request is not that of one which inherits from it, or is a copy', () => {
  const raw = new EventEmitter();
  const attachment = new Attachment<number>();
  attachment.hold({ raw }, 1);
  const inheriting = Object.create(raw) as object;
  const copy = Object.assign(new EventEmitter(), raw);
  for (const other of [inheriting, copy]) {
    expect(attachment.of(other)).toBeUndefined();
    expect(attachment.of({ raw: other })).toBeUndefined();
  }
});

test('a request that takes no property is remembered as well', () => {
  const deaf = new Proxy({}, { set: () => false, defineProperty: () => false });
  const attachment = new Attachment<number>();
  for (const raw of [Object.freeze({}), deaf]) {
    attachment.hold({ raw }, 1);
    expect(attachment.of({ raw })).toBe(1);
  }
});

test('two copies of the library find the value of each other, under its name alone', () => {
  const [one, other] = [Attachment.shared<number>('copies'), Attachment.shared<number>('copies')];
  const request = {};
  one.set(request, 1);
  expect(other.of(request)).toBe(1);
  expect(Attachment.shared<number>('others').of(request)).toBeUndefined();
});

test('a value that is held is found until it is dropped, and behind that where it is still needed', () => {
  const attachment = new Attachment<number>();
  const [needed, done] = [{}, {}];
  attachment.hold(needed, 0);
  attachment.hold(done, 1);
  expect([needed, done].map((object) => attachment.of(object))).toEqual([0, 1]);
  attachment.hold(done, 7);
  expect(attachment.of(done)).toBe(7);
  attachment.drop(needed, true);
  attachment.drop(done, false);
  expect([needed, done].map((object) => attachment.of(object))).toEqual([0, undefined]);
  attachment.drop(done, true);
  expect(attachment.of(done)).toBeUndefined();
});
