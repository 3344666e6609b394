import fc from 'fast-check';
import { describe, expect, it } from '@jest/globals';
import { accumulateResponse } from 'openai/lib/responses/ResponseAccumulator';
import type { Response, ResponseStreamEvent } from 'openai/resources/responses/responses';
import type { ModelPiece } from '../models/model.js';
import { ResponseComposer, type CancelSubject } from './response-composer.js';
import type { ResponseEvent } from './response-event.js';
import { headOf } from './response-head.js';

const request = { input: [], metadata: {}, stream: true, store: true, background: false };
const head = headOf(request, 'echo', 'resp_1');

function compose(pieces: ModelPiece[], ending: CancelSubject): ResponseEvent[] {
  const composer = new ResponseComposer(head);
  const events = [...composer.opening(), ...pieces.flatMap((piece) => [...composer.take(piece)])];
  composer.end(ending);
  return [...events, ...composer.closing()];
}

const call: ModelPiece[] = [
  { type: 'call', name: 'add', callId: 'call_7' },
  { type: 'arguments', text: '{"a":' },
  { type: 'arguments', text: '1}' },
];

const everything: ModelPiece[] = [
  { type: 'reasoning', text: 'Let me ' },
  { type: 'reasoning', text: 'think.' },
  {
    type: 'text',
    text: 'Yes',
    logprobs: [{ token: 'Yes', bytes: [], logprob: -1, top_logprobs: [] }],
  },
  ', ',
  { type: 'refusal', text: 'no' },
  ...call,
  { type: 'call', name: 'sub' },
  { type: 'arguments', text: '{}' },
];

/** The number of pieces that the events tell. */
const told = (events: readonly ResponseEvent[]) =>
  events.filter(({ type }) => type.endsWith('.delta')).length;

describe('the composer', () => {
  it('emits the sequence that the official client accepts', () => {
    const types = compose(['a ', 'b'], { status: 'completed' }).map(({ type }) => type);
    expect(types).toEqual([
      'response.created',
      'response.in_progress',
      'response.output_item.added',
      'response.content_part.added',
      'response.output_text.delta',
      'response.output_text.delta',
      'response.output_text.done',
      'response.content_part.done',
      'response.output_item.done',
      'response.completed',
    ]);
  });

  it('opens a message before its first word, and only once', () => {
    const begun = compose([{ type: 'message' }, 'a'], { status: 'completed' });
    expect(begun).toEqual(compose(['a'], { status: 'completed' }));
    const composer = new ResponseComposer(head);
    expect([...composer.take({ type: 'message' })]).toHaveLength(2);
  });

  it('numbers every event from 0 without a gap', () => {
    const numbers = compose(everything, { status: 'completed' }).map((one) => one.sequence_number);
    expect(numbers).toEqual(numbers.map((_, index) => index));
  });

  it('carries the whole text in the terminal event', () => {
    const usage = { input_tokens: 3, output_tokens: 2, total_tokens: 5 };
    expect(compose(['a ', 'b'], { status: 'completed', usage }).at(-1)).toMatchObject({
      type: 'response.completed',
      response: {
        id: head.id,
        status: 'completed',
        output: [{ status: 'completed', content: [{ type: 'output_text', text: 'a b' }] }],
        usage,
      },
    });
  });

  it('tells reasoning, text, a refusal and calls as items of their own', () => {
    const events = compose(everything, { status: 'completed' });
    const output = [
      { type: 'reasoning', content: [{ type: 'reasoning_text', text: 'Let me think.' }] },
      {
        ...{ type: 'message', id: 'msg_1_1' },
        content: [{ type: 'output_text', text: 'Yes, ', logprobs: [{ token: 'Yes' }] }],
      },
      { type: 'message', content: [{ type: 'refusal', refusal: 'no' }] },
      { type: 'function_call', call_id: 'call_7', name: 'add', arguments: '{"a":1}' },
      { type: 'function_call', call_id: 'call_1_4', name: 'sub', arguments: '{}' },
    ].map((item) => ({ ...item, status: 'completed' }));
    expect(events.at(-1)).toMatchObject({ response: { output } });
  });

  it('says in its events what the terminal one says, as the official client reads them', () => {
    const read = (events: readonly ResponseEvent[]) =>
      (events as ResponseStreamEvent[]).reduce<Response | undefined>(
        (snapshot, event) => accumulateResponse(event, snapshot),
        undefined,
      )!.output;
    for (const pieces of [['a ', 'b'], everything, call]) {
      const events = compose(pieces, { status: 'completed' });
      expect(read(events.slice(0, -1))).toEqual(read(events));
    }
  });

  it('never tells half a call as a call', () => {
    const half = call.slice(0, 2);
    const events = compose(half, { status: 'incomplete', reason: 'max_output_tokens' });
    expect(events.map(({ type }) => type)).not.toContain('response.output_item.done');
    expect(events.at(-1)).toMatchObject({
      response: { output: [{ type: 'function_call', status: 'incomplete' }] },
    });
  });

  it('passes an upstream’s own events on, under its own numbers', () => {
    const event = (said: object) =>
      ({ type: 'event', event: { sequence_number: 90, output_index: 0, ...said } }) as ModelPiece;
    const item = { type: 'web_search_call', id: 'ws_1', status: 'in_progress', action: {} };
    const pieces = [
      event({ type: 'response.output_item.added', item }),
      event({ type: 'response.web_search_call.searching', item_id: 'ws_1' }),
      event({ type: 'response.output_item.done', item: { ...item, status: 'completed' } }),
    ];
    const events = compose(pieces, { status: 'completed' });
    expect(events.map((one) => one.sequence_number)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(events.at(-1)).toMatchObject({
      response: { output: [{ id: 'ws_1', status: 'completed' }] },
    });
  });

  it('ends an unfinished response as incomplete, with the text so far and the reason', () => {
    const ending: CancelSubject = { status: 'incomplete', reason: 'shutting_down' };
    expect(compose(['a '], ending).at(-1)).toMatchObject({
      type: 'response.incomplete',
      response: {
        status: 'incomplete',
        incomplete_details: { reason: 'shutting_down' },
        output: [{ status: 'incomplete', content: [{ text: 'a ' }] }],
      },
    });
  });

  it('ends a failed response with the error alone', () => {
    const events = compose(['a '], { status: 'failed', message: 'broken' });
    expect(events).toHaveLength(6);
    expect(events.at(-1)).toMatchObject({
      type: 'response.failed',
      response: { status: 'failed', error: { code: 'server_error', message: 'broken' } },
    });
  });

  it('lets the first ending stand', () => {
    const composer = new ResponseComposer(head);
    composer.end({ status: 'cancelled' });
    composer.end({ status: 'completed' });
    expect(composer.response.status).toBe('cancelled');
  });

  it.each([
    ['text', ['a ', 'b ', 'c']],
    ['nothing', []],
  ])('goes on from any event of %s exactly as if it had never stopped', (_, words) => {
    const whole = compose(words, { status: 'completed' });
    // Before the terminal event: behind it there is nothing to go on with.
    const lastPosition = whole.length - 1;
    fc.assert(
      fc.property(fc.nat(lastPosition), (next) => {
        const composer = new ResponseComposer(head, whole.slice(0, next));
        const rest = [...composer.opening()];
        for (const word of words.slice(told(whole.slice(0, next))))
          rest.push(...composer.take(word));
        composer.end({ status: 'completed' });
        expect([...rest, ...composer.closing()]).toEqual(whole.slice(next));
      }),
    );
  });

  it('knows after any event what was sent', () => {
    const whole = compose(['a ', 'b ', 'c'], { status: 'completed' });
    fc.assert(
      fc.property(fc.nat(whole.length - 1), (next) => {
        const { sent } = new ResponseComposer(head, whole.slice(0, next));
        const said = told(whole.slice(0, next));
        expect(sent).toMatchObject({ events: Math.max(0, next - 2), deltas: said });
        const text = ['a ', 'b ', 'c'].slice(0, said).join('');
        expect(JSON.stringify(sent.output).includes(`"text":"${text}"`)).toBe(next > 3);
      }),
    );
  });
});
