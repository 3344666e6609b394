import { describe, expect, it } from '@jest/globals';
import { ApiError, type ApiErrorBody } from '../../errors/api-error.js';
import type { Parameters, Prompt } from '../model.js';
import { chatRequest } from './chat-request.js';

const user = { role: 'user' as const, content: 'hi' };
const tool = { type: 'function' as const, name: 'f', parameters: { type: 'object' }, strict: true };

const asked = (parameters: Parameters, input: Prompt['input'] = [user]) =>
  chatRequest('small', { input, metadata: { tenant: 'a' }, parameters });

function refused(parameters: Parameters, input?: Prompt['input']): string | null {
  try {
    asked(parameters, input);
  } catch (error) {
    if (error instanceof ApiError) return (error.getResponse() as ApiErrorBody).error.param;
    throw error;
  }
  throw new Error('The request was accepted.');
}

describe('a request of chat completions', () => {
  it('has the parameters that have the same name there', () => {
    const same: Parameters = {
      ...{ temperature: 0, top_p: 0.5, seed: 7, stop: ['x'], frequency_penalty: 1, user: 'me' },
      ...{
        presence_penalty: 1,
        logit_bias: { 5: -1 },
        service_tier: 'flex',
        prompt_cache_key: 'k',
      },
    };
    expect(asked(same)).toMatchObject(same);
  });

  it('has the others under their names there', () => {
    const request = asked({
      ...{ instructions: 'sing', max_output_tokens: 5, reasoning: { effort: 'low' } },
      ...{ text: { format: { type: 'json_object' }, verbosity: 'low' }, top_logprobs: 2 },
      ...{ tools: [tool], tool_choice: { type: 'function', name: 'f' }, parallel_tool_calls: true },
      stream_options: { include_obfuscation: false },
    });
    expect(request).toEqual({
      ...{ model: 'small', stream: true, max_tokens: 5, reasoning_effort: 'low', verbosity: 'low' },
      messages: [{ role: 'system', content: 'sing' }, user],
      stream_options: { include_usage: true, include_obfuscation: false },
      response_format: { type: 'json_object' },
      ...{ logprobs: true, top_logprobs: 2, parallel_tool_calls: true },
      tools: [
        { type: 'function', function: { name: 'f', parameters: { type: 'object' }, strict: true } },
      ],
      tool_choice: { type: 'function', function: { name: 'f' } },
    });
  });

  it('leaves out what says nothing there', () => {
    const bare = asked({});
    const silent: Parameters = {
      ...{ store: true, truncation: 'disabled', tools: [], tool_choice: 'auto', top_logprobs: 0 },
      ...{ parallel_tool_calls: true, text: { format: { type: 'text' } }, include: [] },
    };
    expect(asked(silent)).toEqual(bare);
  });

  it('chooses among the tools that are allowed', () => {
    const tools = [{ type: 'function', name: 'f' }];
    const tool_choice = { type: 'allowed_tools' as const, mode: 'auto' as const, tools };
    expect(asked({ tools: [tool], tool_choice }).tool_choice).toEqual({
      type: 'allowed_tools',
      allowed_tools: { mode: 'auto', tools: [{ type: 'function', function: { name: 'f' } }] },
    });
  });

  it('makes one message of the assistant of a text and its calls', () => {
    const call = (call_id: string) => ({
      ...{ type: 'function_call' as const, call_id, name: 'f', arguments: '{}' },
    });
    const output = { type: 'function_call_output' as const, call_id: 'a', output: '7' };
    const assistant = { role: 'assistant' as const, content: 'Let me see.' };
    const thought = { type: 'reasoning' as const, id: 'rs_1', summary: [] };
    const { messages } = asked({}, [user, thought, assistant, call('a'), call('b'), output]);
    const told = (id: string) => ({
      id,
      type: 'function',
      function: { name: 'f', arguments: '{}' },
    });
    expect(messages).toEqual([
      user,
      { ...assistant, tool_calls: [told('a'), told('b')] },
      { role: 'tool', tool_call_id: 'a', content: '7' },
    ]);
  });

  it.each<[string, Parameters]>([
    ['text.format.type', { text: { format: { type: 'grammar' } as never } }],
    ['truncation', { truncation: 'auto' }],
    ['prompt', { prompt: { id: 'pmpt_1' } }],
    ['context_management', { context_management: [{ type: 'compaction' }] }],
    ['reasoning.summary', { reasoning: { effort: 'low', summary: 'auto' } }],
    ['tools[1].type', { tools: [tool, { type: 'web_search' }] }],
    ['tool_choice.type', { tool_choice: { type: 'mcp', server_label: 'x' } }],
    ['include[1]', { include: ['message.output_text.logprobs', 'reasoning.encrypted_content'] }],
  ])('is refused with %s', (param, parameters) => {
    expect(refused(parameters)).toBe(param);
  });

  it.each<[string, Prompt['input'][number]]>([
    ['input[0].type', { type: 'item_reference', id: 'msg_1' }],
    [
      'input[0].content[0].file_id',
      { role: 'user', content: [{ type: 'input_image', file_id: 'file_1', detail: 'auto' }] },
    ],
    [
      'input[0].content[0].file_url',
      { role: 'user', content: [{ type: 'input_file', file_url: 'https://a.example/a.pdf' }] },
    ],
    [
      'input[0].content[0].type',
      { role: 'system', content: [{ type: 'input_image', image_url: 'data:', detail: 'auto' }] },
    ],
    [
      'input[0].output[0].type',
      {
        type: 'function_call_output',
        call_id: 'a',
        output: [{ type: 'input_image', image_url: 'data:' }],
      },
    ],
  ])('is refused with %s', (param, item) => {
    expect(refused({}, [item])).toBe(param);
  });
});
