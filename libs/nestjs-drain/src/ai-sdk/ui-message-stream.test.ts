import { Body, Controller } from '@nestjs/common';
import { DefaultChatTransport, readUIMessageStream, type UIMessage, type UIMessageChunk } from 'ai';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { resumingResponse } from 'nestjs-drain-client';
import { MemoryResumeStore } from 'nestjs-drain-resume';
import {
  adapters,
  type RunningApplication,
  startApplication,
} from '../../test/support/application.js';
import { DrainSignal } from '../index.js';
import { DrainResumeModule } from '../resume/index.js';
import { UIMessageStream } from './index.js';

const words = ['one ', 'two ', 'three ', 'four '];

interface ChatBody {
  readonly id: string;
  readonly messages: readonly UIMessage[];
}

/** A model that says its next word when the test lets it. */
class Model {
  asked = 0;
  stopped = 0;
  #permits = 0;
  #wake: () => void = () => undefined;

  say(count: number): void {
    this.#permits += count;
    this.#wake();
  }

  async *answer(signal: AbortSignal): AsyncGenerator<UIMessageChunk> {
    this.asked += 1;
    const id = `message-${this.asked}`;
    yield { type: 'start', messageId: id };
    yield { type: 'text-start', id: '0' };
    for (const delta of words) {
      while (this.#permits < 1 && !signal.aborted) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
          signal.addEventListener('abort', () => resolve(), { once: true });
        });
      }
      if (signal.aborted) this.stopped += 1;
      if (signal.aborted) return;
      this.#permits -= 1;
      if (delta === 'fail') throw new Error('a secret of the server');
      yield { type: 'text-delta', id: '0', delta };
    }
    yield { type: 'text-end', id: '0' };
    yield { type: 'finish' };
  }
}

let model: Model;

@Controller('api/chat')
class ChatController {
  @UIMessageStream()
  chat(@Body() body: ChatBody, @DrainSignal() signal: AbortSignal): AsyncIterable<UIMessageChunk> {
    if (!Array.isArray(body.messages)) throw new Error('no messages');
    return model.answer(signal);
  }
}

const question = (text: string): UIMessage => ({
  id: text,
  role: 'user',
  parts: [{ type: 'text', text }],
});

/** What `useChat` does with a transport. */
class Chat {
  readonly transport: DefaultChatTransport<UIMessage>;

  constructor(
    url: string,
    readonly id = 'chat-1',
  ) {
    this.transport = new DefaultChatTransport({ api: `${url}/api/chat`, fetch: resumingResponse });
  }

  send(text: string, signal?: AbortSignal): Promise<ReadableStream<UIMessageChunk>> {
    const trigger = 'submit-message' as const;
    const messages = [question(text)];
    return this.transport.sendMessages({
      chatId: this.id,
      trigger,
      messageId: undefined,
      messages,
      abortSignal: signal,
    });
  }

  resume(): Promise<ReadableStream<UIMessageChunk> | null> {
    return this.transport.reconnectToStream({ chatId: this.id });
  }
}

async function textOf(stream: ReadableStream<UIMessageChunk> | null): Promise<string> {
  let text = '';
  for await (const chunk of stream!) {
    if (chunk.type === 'text-delta') text += chunk.delta;
    else if (chunk.type === 'error') text += `! ${chunk.errorText}`;
    else if (chunk.type === 'abort') text += '! aborted';
  }
  return text;
}

/** Has read the chunks before the first word, so that the answer has begun. */
async function begun(
  stream: ReadableStream<UIMessageChunk>,
): Promise<ReadableStream<UIMessageChunk>> {
  const [one, other] = stream.tee();
  const reader = one.getReader();
  await reader.read();
  void reader.cancel();
  return other;
}

/** Two requests make room at once: the second one does it when the first one has begun its stream. */
function lateSecondDelete(store: MemoryResumeStore): void {
  const [remove, create] = [store.delete.bind(store), store.create.bind(store)];
  let arrived: () => void = () => undefined;
  let begun: () => void = () => undefined;
  const second = new Promise<void>((resolve) => (arrived = resolve));
  const next = new Promise<void>((resolve) => (begun = resolve));
  let deletes = 0;
  store.delete = async (...args) => {
    deletes += 1;
    if (deletes === 2) arrived();
    await (deletes === 1 ? second : next);
    return remove(...args);
  };
  store.create = async (stream) => {
    const created = await create(stream);
    if (created.outcome === 'created') begun();
    return created;
  };
}

describe.each(adapters)('the chat of an AI SDK front end, %s', (adapter) => {
  let running: RunningApplication;
  let store: MemoryResumeStore;

  beforeEach(async () => {
    model = new Model();
    store = new MemoryResumeStore();
    running = await startApplication(adapter, {
      imports: [DrainResumeModule.forRoot({ store })],
      controllers: [ChatController],
      options: { timeout: 10 },
    });
  });

  afterEach(() => running.close());

  test('an answer comes whole', async () => {
    const stream = await new Chat(running.url).send('hello');
    model.say(4);
    let message: UIMessage | undefined;
    for await (message of readUIMessageStream({ stream }));
    expect(message).toMatchObject({
      id: 'message-1',
      parts: [{ type: 'text', text: words.join('') }],
    });
  });

  test('a page that is loaded again comes back to the open answer, from its beginning', async () => {
    const chat = new Chat(running.url);
    const first = await begun(await chat.send('hello'));
    model.say(2);
    const again = await chat.resume();
    model.say(2);
    expect(await Promise.all([textOf(first), textOf(again)])).toEqual([
      words.join(''),
      words.join(''),
    ]);
    expect(model.asked).toBe(1);
  });

  test('there is nothing to come back to when no answer is open', async () => {
    const chat = new Chat(running.url);
    expect(await chat.resume()).toBeNull();
    model.say(4);
    await textOf(await chat.send('hello'));
    expect(await chat.resume()).toBeNull();
    const response = await fetch(`${running.url}/api/chat/chat-1/stream`);
    expect(response.status).toBe(204);
  });

  test('the next question of a chat gets an answer of its own', async () => {
    const chat = new Chat(running.url);
    model.say(8);
    await textOf(await chat.send('hello'));
    expect(await textOf(await chat.send('and now?'))).toBe(words.join(''));
    expect(model.asked).toBe(2);
  });

  test('a question that is sent twice is answered once', async () => {
    const chat = new Chat(running.url);
    const streams = await Promise.all([chat.send('hello'), chat.send('hello')]);
    model.say(4);
    expect(await Promise.all(streams.map(textOf))).toEqual([words.join(''), words.join('')]);
    expect(model.asked).toBe(1);
  });

  test('the next question that is sent twice is answered once', async () => {
    const chat = new Chat(running.url);
    model.say(4);
    await textOf(await chat.send('hello'));
    lateSecondDelete(store);
    const streams = await Promise.all([chat.send('and now?'), chat.send('and now?')]);
    model.say(4);
    expect(await Promise.all(streams.map(textOf))).toEqual([words.join(''), words.join('')]);
    expect(model.asked).toBe(2);
  });

  test('another question ends the open answer', async () => {
    const chat = new Chat(running.url);
    const first = textOf(await begun(await chat.send('hello'))).catch(() => 'broken');
    const second = await begun(await chat.send('something else'));
    model.say(4);
    expect(await textOf(second)).toBe(words.join(''));
    expect(await first).not.toBe(words.join(''));
    expect(model.stopped).toBe(1);
  });

  test('a stop reaches the model, and its client sees a stop', async () => {
    const chat = new Chat(running.url);
    const stream = await begun(await chat.send('hello'));
    const stopped = await fetch(`${running.url}/api/chat/chat-1/stream`, { method: 'DELETE' });
    expect(stopped.status).toBe(204);
    expect(await textOf(stream)).toBe('! aborted');
    expect(model.stopped).toBe(1);
    expect(await chat.resume()).toBeNull();
  });

  test('at the deadline an answer that no replica continues ends as an error, not as a stop', async () => {
    const stream = await begun(await new Chat(running.url).send('hello'));
    const text = textOf(stream);
    const drained = running.drain.start('test');
    await running.clock.advanceAsync(10_000);
    expect(await text).toMatch(/^! The answer was interrupted/);
    await running.settle();
    await drained;
  });

  test('other callers do not see the chat', async () => {
    const alice = {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Authorization: 'alice' },
    };
    const body = JSON.stringify({ id: 'chat-1', messages: [] });
    const first = await fetch(`${running.url}/api/chat`, { ...alice, body });
    const others = await fetch(`${running.url}/api/chat/chat-1/stream`);
    expect(others.status).toBe(204);
    const own = await fetch(`${running.url}/api/chat/chat-1/stream`, {
      headers: { Authorization: 'alice' },
    });
    expect(own.headers.get('x-vercel-ai-ui-message-stream')).toBe('v1');
    await own.body?.cancel();
    model.say(4);
    expect(await first.text()).toContain('[DONE]');
  });

  test('other methods are refused', async () => {
    const put = await fetch(`${running.url}/api/chat`, { method: 'PUT' });
    expect(put.status).toBe(405);
  });
});

test('without the module the decorated method is the handler and nothing else', async () => {
  model = new Model();
  model.say(4);
  const chunks: UIMessageChunk[] = [];
  const body = { id: 'chat-1', messages: [] };
  const signal = new AbortController().signal;
  for await (const chunk of new ChatController().chat(body, signal)) chunks.push(chunk);
  expect(chunks.at(-1)).toEqual({ type: 'finish' });
});
