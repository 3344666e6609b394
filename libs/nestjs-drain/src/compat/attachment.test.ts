import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { expect, test } from '@jest/globals';
import { Attachment } from './attachment.js';

const requestOf = (prototype?: object): IncomingMessage => {
  const request = new IncomingMessage(new Socket());
  return prototype ? (Object.setPrototypeOf(request, prototype) as IncomingMessage) : request;
};

/** What Express gives each request. */
const prototype: object = Object.create(IncomingMessage.prototype) as object;

test('a value is found on the same request, before and after Express has changed its prototype', () => {
  const attachment = new Attachment<number>('before and after');
  const [early, late, other] = [requestOf(), requestOf(prototype), requestOf(prototype)];
  attachment.set(late, 2);
  attachment.set(early, 1);
  expect([early, late, other].map((one) => attachment.of(one))).toEqual([1, 2, undefined]);
  Object.setPrototypeOf(early, prototype);
  expect(attachment.of(early)).toBe(1);
  attachment.set(early, 3);
  expect(attachment.of(early)).toBe(3);
});

test('two copies of the library find the value of each other', () => {
  const [one, other] = [new Attachment<number>('copies'), new Attachment<number>('copies')];
  const requests = [requestOf(), requestOf(prototype)];
  for (const [index, request] of requests.entries()) one.set(request, index);
  expect(requests.map((request) => other.of(request))).toEqual([0, 1]);
});

test('a value that is held is found until it is dropped, and behind that where it is still needed', () => {
  const attachment = new Attachment<number>('held');
  const [needed, done, ofNode] = [requestOf(prototype), requestOf(prototype), requestOf()];
  for (const [index, request] of [needed, done, ofNode].entries()) attachment.hold(request, index);
  expect([needed, done, ofNode].map((one) => attachment.of(one))).toEqual([0, 1, 2]);
  attachment.hold(done, 7);
  expect(attachment.of(done)).toBe(7);
  attachment.drop(needed, true);
  attachment.drop(done, false);
  expect([needed, done].map((one) => attachment.of(one))).toEqual([0, undefined]);
  attachment.drop(done, true);
  expect(attachment.of(done)).toBeUndefined();
});
