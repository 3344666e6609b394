import type { ServerResponse } from 'node:http';
import { Controller, Post, Res } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import {
  DefaultChatTransport,
  readUIMessageStream,
  streamText,
  type UIMessage,
  type UIMessageChunk,
} from 'ai';
import { MockLanguageModelV3 } from 'ai/test';
import {
  adapters,
  startApplication,
  type Adapter,
  type RunningApplication,
} from '../../test/support/application.js';
import { rawOf } from '../compat/fastify.js';
import { DrainableStream, DrainSignal } from '../index.js';

/** Says two words, and then nothing until it is aborted. */
function answer(abortSignal: AbortSignal) {
  const model = new MockLanguageModelV3({
    doStream: ({ abortSignal: aborted }) => {
      const stream = new ReadableStream({
        start(controller) {
          controller.enqueue({ type: 'text-start', id: '0' });
          controller.enqueue({ type: 'text-delta', id: '0', delta: 'two words' });
          // As `fetch` does.
          aborted?.addEventListener('abort', () => {
            controller.error(new DOMException('aborted', 'AbortError'));
          });
        },
      });
      return Promise.resolve({ stream } as never);
    },
  });
  return streamText({ model, prompt: 'Go on', abortSignal, onError: () => undefined });
}

/** A chunk of the AI SDK's own stream protocol. */
const farewell = {
  data: { type: 'error', errorText: 'The server is restarting. Please ask again.' },
};

let signals: AbortSignal[];

@Controller()
class ChatController {
  @Post('default')
  @DrainableStream()
  byDefault(@Res() response: object, @DrainSignal() signal: AbortSignal): void {
    signals.push(signal);
    void answer(signal).pipeUIMessageStreamToResponse(rawOf(response) as ServerResponse);
  }

  @Post('piped')
  @DrainableStream({ farewell })
  piped(@Res() response: object, @DrainSignal() signal: AbortSignal): void {
    signals.push(signal);
    void answer(signal).pipeUIMessageStreamToResponse(rawOf(response) as ServerResponse);
  }

  @Post('handled')
  @DrainableStream({ farewell: 'handler' })
  handled(@Res() response: object, @DrainSignal() signal: AbortSignal): void {
    signals.push(signal);
    void answer(signal).pipeUIMessageStreamToResponse(rawOf(response) as ServerResponse);
  }

  @Post('returned')
  @DrainableStream({ farewell })
  returned(@DrainSignal() signal: AbortSignal): Response {
    signals.push(signal);
    return answer(signal).toUIMessageStreamResponse();
  }
}

describe.each(adapters)('an answer of the AI SDK at the deadline, on %s', (adapter: Adapter) => {
  let running: RunningApplication;
  beforeEach(async () => {
    signals = [];
    const options = { timeout: 60, heartbeat: 15 };
    running = await startApplication(adapter, { controllers: [ChatController], options });
  });
  afterEach(() => running.close());

  /** What `useChat` makes of it: the message so far, and the error that ends it. */
  const chat = async (path: string) => {
    const chunks = await new DefaultChatTransport({ api: `${running.url}/${path}` }).sendMessages({
      trigger: 'submit-message',
      chatId: '1',
      messageId: undefined,
      messages: [{ id: '1', role: 'user', parts: [{ type: 'text', text: 'Go on' }] }],
      abortSignal: undefined,
    });
    let error: Error | undefined;
    let message: UIMessage | undefined;
    const onError = (found: unknown): void => void (error = found as Error);
    const messages = readUIMessageStream({ stream: watched(chunks), onError });
    for await (message of messages);
    const text = message?.parts.flatMap((part) => (part.type === 'text' ? [part.text] : []));
    return { text, error };
  };
  /** Lets the deadline come once the words are there, with a heartbeat before it. */
  const watched = (chunks: ReadableStream<UIMessageChunk>) =>
    chunks.pipeThrough(
      new TransformStream<UIMessageChunk, UIMessageChunk>({
        async transform(chunk, controller) {
          controller.enqueue(chunk);
          if (chunk.type !== 'text-delta') return;
          await running.clock.advanceAsync(30_000);
          void running.drain.start('test');
          running.clock.advance(60_000);
        },
      }),
    );

  test.each(['piped', 'returned'])(
    'keeps its text and ends with the error that the farewell names: %s',
    async (path) => {
      const { text, error } = await chat(path);
      expect(text).toEqual(['two words']);
      expect(error?.message).toBe(farewell.data.errorText);
      expect(running.drain.streams.counts()).toMatchObject({ cancelled: 1, cut: 0 });
      expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
    },
  );

  test('with the farewell `handler` the SDK ends as if its user had stopped it: without an error', async () => {
    const { text, error } = await chat('handled');
    expect([text, error]).toEqual([['two words'], undefined]);
    expect(running.drain.streams.counts()).toMatchObject({ cancelled: 1, cut: 0 });
  });

  test("the default farewell is no chunk of the SDK's: an error too, but not for a reader's eyes", async () => {
    const { text, error } = await chat('default');
    expect([text, error?.name]).toEqual([['two words'], 'AI_TypeValidationError']);
    expect(running.drain.streams.counts()).toMatchObject({ cancelled: 1, cut: 0 });
  });
});
