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
