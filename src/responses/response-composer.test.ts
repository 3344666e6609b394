import fc from 'fast-check';
import { describe, expect, it } from '@jest/globals';
import { FIRST_DELTA, ResponseComposer, type CancelSubject } from './response-composer.js';
import type { ResponseEvent } from './response-event.js';
import { headOf } from './response-head.js';

const request = { input: [], metadata: {}, stream: true, store: true, background: false };
const head = headOf(request, 'echo', 'resp_1');

function compose(words: string[], ending: CancelSubject): ResponseEvent[] {
  const composer = new ResponseComposer(head);
  const events = [...composer.opening(), ...words.map((word) => composer.delta(word))];
  composer.end(ending);
  return [...events, ...composer.closing()];
}

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

  it('numbers every event from 0 without a gap', () => {
    const numbers = compose(['a'], { status: 'completed' }).map((event) => event.sequence_number);
    expect(numbers).toEqual(numbers.map((_, index) => index));
  });

  it('carries the whole text in the terminal event', () => {
    const ending: CancelSubject = {
      status: 'completed',
      usage: { inputTokens: 3, outputTokens: 2 },
    };
    expect(compose(['a ', 'b'], ending).at(-1)).toMatchObject({
      type: 'response.completed',
      response: {
        id: head.id,
        status: 'completed',
        output: [{ status: 'completed', content: [{ type: 'output_text', text: 'a b' }] }],
        usage: { input_tokens: 3, output_tokens: 2, total_tokens: 5 },
      },
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

  it('goes on from any event exactly as if it had never stopped', () => {
    const words = ['a ', 'b ', 'c'];
    const whole = compose(words, { status: 'completed' });
    // Before the terminal event: behind it there is nothing to go on with.
    const lastPosition = whole.length - 1;
    fc.assert(
      fc.property(fc.nat(lastPosition), (next) => {
        const said = words.slice(0, Math.max(0, next - FIRST_DELTA));
        const composer = new ResponseComposer(head, {
          next,
          deltas: said.length,
          text: said.join(''),
        });
        const rest = [...composer.opening()];
        for (const word of words.slice(said.length)) rest.push(composer.delta(word));
        composer.end({ status: 'completed' });
        expect([...rest, ...composer.closing()]).toEqual(whole.slice(next));
      }),
    );
  });
});
