import {
  applyDecorators,
  Header,
  MethodNotAllowedException,
  RequestMethod,
  Sse,
} from '@nestjs/common';
import {
  argumentCount,
  type Method,
  replaceMethod,
  routeArgumentsOf,
} from '../compat/nest-routes.js';
import type { HandlerRun } from '../core/resumption.js';
import { StreamCursor } from '../resume/stream-cursor.decorator.js';
import { DrainableStream } from '../streams/drainable-stream.decorator.js';
import {
  AnswerEndedError,
  AnswerInterruptedError,
  eventsOf,
  failureOf,
  type UIMessageChunks,
} from './ui-message-events.js';

export interface UIMessageStreamOptions<Body = never, Request = never> {
  /** Where messages are posted, behind the controller's path. Default: the controller's path itself. */
  path?: string;
  /** The chat that a posted message belongs to. Default: `body.id`, which the AI SDK's transport sends. */
  chat?: (body: Body) => string;
  /** Who asks; behind all guards. Default: a hash of the `Authorization` header. */
  principal?: (request: Request) => string;
  /**
   * What becomes of an answer whose replica is lost. `error` (default): its client gets an error chunk, because a model
   * would draw other words. `continue`: the handler runs again on another replica; the chunks that the client has are left out.
   */
  takeOver?: 'error' | 'continue';
  /** The text of the error chunk. Default: a sentence that asks the user to ask again. */
  errorText?: (error: unknown) => string;
}

/**
 * Answers the chat of an AI SDK front end (`useChat`), so that a pod may end while it answers. The handler returns
 * `streamText(…).toUIMessageStream()`; pass it `@DrainSignal()` as its `abortSignal`. It serves
 * `POST <path>`, which starts the answer; `GET <path>/:chat/stream`, with which `useChat({ resume: true })` comes back
 * to it, 204 if the chat has no open answer; and `DELETE <path>/:chat/stream`, which stops it: the model's signal aborts, and
 * its clients see a stop. Needs `DrainResumeModule`.
 * `resumingResponse` of nestjs-drain-client makes the browser come back by itself.
 */
export function UIMessageStream<Body = never, Request = never>(
  options: UIMessageStreamOptions<Body, Request> = {},
): MethodDecorator {
  return applyDecorators(
    asEvents(options),
    Sse(pathsOf(options.path ?? '') as never, { method: RequestMethod.ALL }),
    Header('x-vercel-ai-ui-message-stream', 'v1'),
    DrainableStream({
      // At the deadline, if no other replica sees the store.
      farewell: () => ({ data: failureOf(new AnswerEndedError(), options.errorText).data }),
      resumable: {
        background: true,
        key: (request: object) => chatOf(request, options),
        failure: (error) => failureOf(error, options.errorText),
        ...(options.principal && { principal: options.principal as (request: unknown) => string }),
      },
    }),
  );
}

/** Where the AI SDK's transport looks for the stream of a chat, behind the path that takes its messages. */
const ofChat = ':chat/stream';

function pathsOf(path: string): string[] {
  return [path, path === '' ? ofChat : `${path.replace(/\/$/, '')}/${ofChat}`];
}

/** What names no chat is refused, so nothing is made a text of here. */
function chatOf(request: object, { chat }: { chat?: (body: never) => string }): string {
  const { method, params, body } = request as {
    readonly method: string;
    readonly params?: { readonly chat?: string };
    readonly body?: { readonly id?: unknown };
  };
  if (params?.chat !== undefined && (method === 'GET' || method === 'DELETE')) return params.chat;
  if (params?.chat !== undefined || method !== 'POST') throw new MethodNotAllowedException();
  return chat ? chat(body as never) : (body?.id as string);
}

/** Behind the handler's own arguments comes the place from which this run goes on. */
function asEvents({ takeOver = 'error' }: { takeOver?: 'error' | 'continue' }): MethodDecorator {
  return (target: object, name: string | symbol, descriptor: PropertyDescriptor) => {
    const handler = descriptor.value as Method;
    const index = argumentCount(routeArgumentsOf(target.constructor, name));
    StreamCursor()(target, name, index);
    const replacement = function (this: unknown, ...args: unknown[]) {
      const cursor = args[index] as HandlerRun['cursor'] | undefined;
      args.length = Math.min(args.length, index);
      // Called directly, as unit tests do, it is the handler and nothing else.
      if (!cursor) return handler.apply(this, args);
      // A HEAD has no stream, and no model is asked for it.
      if (cursor.id === '') throw new MethodNotAllowedException();
      if (cursor.next > 0 && takeOver === 'error') throw new AnswerInterruptedError();
      return answer(handler.apply(this, args), cursor.next);
    };
    descriptor.value = replaceMethod(handler, String(name), replacement);
  };
}

async function answer(result: unknown, skipped: number): Promise<AsyncIterable<unknown>> {
  return eventsOf((await result) as UIMessageChunks, skipped);
}
