import { Readable } from 'node:stream';
import { RouterResponseController } from '@nestjs/core/router/router-response-controller.js';
import { rawOf } from './fastify.js';

/** Nest 12 streams these itself, with this method. Nest 11 hands them to its adapter as they are. */
const nestStreams = 'stream' in RouterResponseController.prototype;

/** Whether what a handler has returned is sent as a stream. Anything else is sent as JSON, and must stay what it is. */
export type IsStreamed = (body: unknown) => body is object;

/** @param request Express' request, or Fastify's. */
export function streamedFor(request: object): IsStreamed {
  if (nestStreams) return isStreamedByNest;
  return rawOf(request) === request ? isNeverStreamed : isStreamedByFastify;
}

const isStreamedByNest: IsStreamed = (body): body is object =>
  isObject(body) && (hasMethod(body, Symbol.asyncIterator) || isWebResponse(body));

/** Fastify's `reply.send()`, as Nest 11 calls it. */
const isStreamedByFastify: IsStreamed = (body): body is object =>
  isObject(body) && (isNodeStream(body) || isWebStream(body) || isWebResponse(body));

/** Express' `response.json()`, as Nest 11 calls it. */
const isNeverStreamed: IsStreamed = (_body): _body is object => false;

/** Whether this Nest streams what an async generator yields. Nest 11 answers `{}`, and says nothing. */
export const sendsGenerators = nestStreams;

/** Behind the name of a thing that only Nest 12 streams. */
export const sentAsJson =
  'Nest 11 sends it as JSON, not as a stream. Return a StreamableFile, return an Observable from an @Sse() route, ' +
  'write to @Res(), or use Nest 12.';

/**
 * What a body is that its handler means as a stream, and that is not sent as one. An object that can be iterated may
 * also be meant as JSON.
 */
export function unsentStream(body: unknown, isStreamed: IsStreamed): string | undefined {
  if (!isObject(body) || isStreamed(body)) return undefined;
  if (isWebResponse(body)) return 'a web Response';
  if (isNodeStream(body)) return 'a Node stream';
  if (isWebStream(body)) return 'a web stream';
  if (tagOf(body) === '[object AsyncGenerator]') return 'an async generator';
  return undefined;
}

/** Unless a compiler has made an ordinary function of it. */
export function isAsyncGenerator(method: unknown): boolean {
  return tagOf(method) === '[object AsyncGeneratorFunction]';
}

/** By its tag, as Nest does: it may be of another library. */
export function isWebResponse(body: unknown): body is Response {
  return tagOf(body) === '[object Response]';
}

export function isWebStream(body: object): body is ReadableStream<unknown> {
  return hasMethod(body, 'getReader');
}

/** By its methods, as Nest does: it may be of another library. */
export function isNodeStream(body: object): body is Readable {
  return ['pipe', 'on', Symbol.asyncIterator].every((name) => hasMethod(body, name));
}

/** Whether something reads it, or has read from it: Nest answers such a body with an error of its own. */
export function isConsumed(body: object): boolean {
  const { locked, errored } = body as { locked?: unknown; errored?: unknown };
  return locked === true || (Readable.isDisturbed(body as Readable) && !errored);
}

const tagOf = (value: unknown): string => Object.prototype.toString.call(value);

function hasMethod(value: object, name: string | symbol): boolean {
  return typeof (value as Record<string | symbol, unknown>)[name] === 'function';
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
