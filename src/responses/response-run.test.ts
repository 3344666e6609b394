import { Logger } from '@nestjs/common';
import { describe, expect, it, jest } from '@jest/globals';
import type { Model, ModelEnd, ModelPiece, ModelStart, Sent } from '../models/model.js';
import { AnswerFailedError } from '../models/answer-failed-error.js';
import { ResponseComposer } from './response-composer.js';
import { headOf } from './response-head.js';
import { ResponseRun } from './response-run.js';

Logger.overrideLogger(false);

const request = { input: [], metadata: {}, stream: true, store: true, background: false };
const prompt = { input: [], metadata: {}, parameters: {} };

function modelOf(pieces: (options: ModelStart) => AsyncIterable<ModelPiece | ModelEnd>): Model {
  return { name: 'test', start: (_, options) => Promise.resolve(pieces(options)) };
}

/** Says one word and then hangs, deaf to its signal. */
const stuck = modelOf(async function* () {
  yield 'word ';
  await new Promise(() => undefined);
});

function open(options: { signal?: AbortSignal } = {}) {
  const onEnd = jest.fn();
  const head = headOf(request, 'test', 'resp_1');
  const signal = options.signal ?? new AbortController().signal;
  return { run: new ResponseRun(head, { signal, onEnd, principal: 'alice' }), onEnd };
}

/** Reads to the end; `at` is called after the first delta. */
async function read(run: ResponseRun, at: () => void = () => undefined) {
  const events = [];
  for await (const event of run.events()) {
    events.push(event);
    if (event.type === 'response.output_text.delta') at();
  }
  return events;
}

const reasons = {
  deadline: new Error('deadline', { cause: 'deadline' }),
  disconnect: new Error('gone', { cause: 'disconnect' }),
};

describe('a response', () => {
  it('completes with what the model said', async () => {
    const { run, onEnd } = open();
    const model = modelOf(async function* () {
      yield await Promise.resolve('a ');
      yield 'b';
      yield {
        type: 'end' as const,
        usage: { input_tokens: 1, output_tokens: 2, total_tokens: 3 },
      };
    });
    await run.start(model, prompt);
    const last = (await read(run)).at(-1);
    expect(last).toMatchObject({ type: 'response.completed' });
    expect(run.response).toMatchObject({ status: 'completed', usage: { total_tokens: 3 } });
    expect(onEnd).toHaveBeenCalledTimes(1);
  });

  it('is incomplete at the deadline and says why', async () => {
    const controller = new AbortController();
    const { run, onEnd } = open({ signal: controller.signal });
    await run.start(stuck, prompt);
    const events = await read(run, () => controller.abort(reasons.deadline));
    expect(events.at(-1)).toMatchObject({
      type: 'response.incomplete',
      response: {
        status: 'incomplete',
        incomplete_details: { reason: 'shutting_down' },
        output: [{ content: [{ text: 'word ' }] }],
      },
    });
    expect(onEnd).toHaveBeenCalledTimes(1);
  });

  it('is cancelled by request, at once and only once', async () => {
    const { run, onEnd } = open();
    await run.start(stuck, prompt);
    const events = await read(run, () => {
      run.cancel();
      expect(run.response.status).toBe('cancelled');
      run.cancel();
    });
    expect(events.at(-1)).toMatchObject({
      type: 'response.incomplete',
      response: { status: 'cancelled', incomplete_details: null },
    });
    expect(onEnd).toHaveBeenCalledTimes(1);
  });

  it('stays completed when it is cancelled afterwards', async () => {
    const { run } = open();
    await run.start(
      modelOf(async function* () {
        yield await Promise.resolve('all');
      }),
      prompt,
    );
    await read(run);
    run.cancel();
    expect(run.response.status).toBe('completed');
  });

  it('ends when its caller leaves before reading anything', () => {
    const controller = new AbortController();
    const { run, onEnd } = open({ signal: controller.signal });
    controller.abort(reasons.disconnect);
    expect(onEnd).toHaveBeenCalledTimes(1);
    expect(run.response.status).toBe('cancelled');
  });

  it('tells of a model that breaks, without telling how', async () => {
    const { run } = open();
    await run.start(
      modelOf(async function* () {
        yield await Promise.resolve('a ');
        throw new Error('password is hunter2');
      }),
      prompt,
    );
    const last = (await read(run)).at(-1);
    expect(last).toMatchObject({ type: 'response.failed', response: { status: 'failed' } });
    expect(JSON.stringify(last)).not.toContain('hunter2');
  });

  it('throws what the model throws before it starts', async () => {
    const { run, onEnd } = open();
    const refusing: Model = { name: 'test', start: () => Promise.reject(new Error('no')) };
    await expect(run.start(refusing, prompt)).rejects.toThrow('no');
    expect(onEnd).toHaveBeenCalledTimes(1);
  });

  it('is incomplete, not an error, when the deadline comes while the model starts', async () => {
    const controller = new AbortController();
    const { run } = open({ signal: controller.signal });
    const starting: Model = {
      name: 'test',
      start: (_, { signal }) =>
        new Promise((_, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason as Error));
        }),
    };
    const started = run.start(starting, prompt);
    controller.abort(reasons.deadline);
    await started;
    expect((await read(run)).at(-1)).toMatchObject({ type: 'response.incomplete' });
  });

  it('does not wait for a model that starts and is deaf to its signal', async () => {
    const controller = new AbortController();
    const { run } = open({ signal: controller.signal });
    const deaf: Model = { name: 'test', start: () => new Promise(() => undefined) };
    const started = run.start(deaf, prompt);
    controller.abort(reasons.deadline);
    await started;
    expect(run.response.status).toBe('incomplete');
  });

  it('asks a model to go on after what was sent', async () => {
    const head = headOf(request, 'test', 'resp_1');
    const signal = new AbortController().signal;
    const composer = new ResponseComposer(head);
    const continuation = [...composer.opening(), ...composer.take('a '), ...composer.take('b ')];
    const run = new ResponseRun(head, { signal, principal: 'alice', continuation });
    let sent: Sent | undefined;
    const model = modelOf(async function* (options) {
      sent = options.sent;
      yield await Promise.resolve('c');
    });
    await run.start(model, prompt);
    const events = await read(run);
    expect(sent).toMatchObject({ events: 4, deltas: 2, output: [{ content: [{ text: 'a b ' }] }] });
    expect(events[0]).toMatchObject({ type: 'response.output_text.delta', sequence_number: 6 });
    expect(run.response.output).toMatchObject([{ content: [{ text: 'a b c' }] }]);
  });

  it('tells what only its caller can mend', async () => {
    const { run } = open();
    const told = { code: 'invalid_image' as const, message: 'The image cannot be read.' };
    await run.start(
      modelOf(async function* () {
        yield await Promise.resolve('a ');
        throw new AnswerFailedError(told);
      }),
      prompt,
    );
    expect((await read(run)).at(-1)).toMatchObject({ response: { status: 'failed', error: told } });
  });
});
