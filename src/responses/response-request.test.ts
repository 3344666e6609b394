import { describe, expect, it } from '@jest/globals';
import { ApiError, type ApiErrorBody } from '../errors/api-error.js';
import { parse } from '../errors/parse.js';
import { promptOf, responseRequest } from './response-request.js';

const read = (body: unknown) => parse(responseRequest, body);

function refusal(body: unknown) {
  try {
    read(body);
  } catch (error) {
    if (error instanceof ApiError) return (error.getResponse() as ApiErrorBody).error;
    throw error;
  }
  throw new Error('The request was accepted.');
}

describe('a response request', () => {
  it('leaves open whether it streams unless it says so', () => {
    expect(read({ input: 'hi' }).stream ?? 'open').toBe('open');
    expect(read({ input: 'hi', stream: null }).stream ?? 'open').toBe('open');
    expect(read({ input: 'hi', stream: false }).stream).toBe(false);
  });

  it('takes a string or a list of messages', () => {
    const one = { type: 'message', role: 'user', content: 'hi' };
    expect(read({ input: 'hi' }).input).toEqual([one]);
    const content = [
      { type: 'input_text', text: 'a' },
      { type: 'input_text', text: 'b' },
    ];
    const input = [
      { role: 'developer', content: 'be brief' },
      { type: 'message', role: 'user', content },
    ];
    expect(read({ input }).input).toEqual(input);
  });

  it('takes calls, their outputs, images and files as they are', () => {
    const input = [
      { type: 'function_call', call_id: 'a', name: 'f', arguments: '{}', status: 'completed' },
      { type: 'function_call_output', call_id: 'a', output: '7' },
      { role: 'user', content: [{ type: 'input_image', image_url: 'data:', detail: 'low' }] },
      { role: 'user', content: [{ type: 'input_file', file_data: 'data:', filename: 'a.pdf' }] },
    ];
    expect(promptOf(read({ input })).input).toEqual(input);
  });

  it('gives metadata back as strings, numbers included', () => {
    const { metadata } = read({ input: 'hi', metadata: { subtask_id: 7, tenant: 'a' } });
    expect(metadata).toEqual({ subtask_id: '7', tenant: 'a' });
  });

  it('asks the model what it was asked, and nothing that was null', () => {
    const body = {
      ...{ input: 'hi', instructions: 'sing', temperature: null, max_output_tokens: 5, seed: 7 },
      ...{ tools: [{ type: 'function', name: 'f', parameters: {} }], tool_choice: 'required' },
      ...{ text: { format: { type: 'json_object' } }, reasoning: { effort: 'low' }, top_p: 1 },
    };
    const { input, temperature, ...parameters } = body;
    void [input, temperature];
    expect(promptOf(read(body))).toEqual({
      input: [{ type: 'message', role: 'user', content: 'hi' }],
      metadata: {},
      parameters: { ...parameters, store: true },
    });
  });

  it.each([
    [undefined, null],
    ['text', null],
    [[], null],
    [{}, 'input'],
    [{ input: 5 }, 'input'],
    [{ input: [] }, 'input'],
    [{ input: [{ role: 'robot', content: 'hi' }] }, 'input[0].role'],
    [{ input: [{ role: 'user', content: 5 }] }, 'input[0].content'],
    [{ input: [{ role: 'user', content: [{ type: 'input_text' }] }] }, 'input[0].content[0].text'],
    [{ input: [{ type: 'message' }] }, 'input[0].type'],
    [{ input: 'hi', tools: ['f'] }, 'tools[0]'],
    [{ input: 'hi', text: { format: 'json' } }, 'text.format'],
    [{ input: 'hi', no_such_thing: 1 }, 'no_such_thing'],
    [{ input: 'hi', constructor: 1 }, 'constructor'],
    [{ input: [null] }, 'input[0]'],
    [{ input: 'hi', model: 5 }, 'model'],
    [{ input: 'hi', stream: 'yes' }, 'stream'],
    [{ input: 'hi', metadata: { deep: {} } }, 'metadata.deep'],
    [{ input: 'hi', metadata: { long: 'x'.repeat(513) } }, 'metadata.long'],
    [{ input: 'hi', max_output_tokens: 0 }, 'max_output_tokens'],
    [{ input: 'hi', background: true, store: false }, 'background'],
    [{ input: 'hi', store: 'yes' }, 'store'],
    [{ input: 'hi', previous_response_id: 'resp_1' }, 'previous_response_id'],
  ])('refuses %j, naming %s', (body, param) => {
    expect(refusal(body)).toMatchObject({ type: 'invalid_request_error', param });
  });

  it('refuses what is nested too deep to be written as JSON again', () => {
    const nested = (levels: number) =>
      JSON.parse('{"a":'.repeat(levels) + '1' + '}'.repeat(levels)) as object;
    const asked = (levels: number) => ({
      ...{ input: 'hi', tools: [{ type: 'function', name: 'f', parameters: nested(levels) }] },
    });
    expect(read(asked(100)).tools).toHaveLength(1);
    expect(refusal(asked(100_000)).message).toContain('nested 200 levels deep at most');
  });

  it('refuses with a message that carries the remedy', () => {
    expect(refusal({ input: [1] }).message).toBe(
      "Invalid 'input[0]': must be an object with a role and content, or a type.",
    );
    expect(refusal(undefined).message).toBe(
      'Invalid request: the body must be a JSON object sent with Content-Type: application/json.',
    );
    expect(refusal({ input: 5 }).message).toBe(
      "Invalid 'input': must be a string or a list of messages.",
    );
  });
});
