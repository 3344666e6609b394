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
