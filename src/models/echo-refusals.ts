import type { Parameters, Prompt } from './model.js';
import { notSupported } from './refusal.js';

/** Whether an echo can leave the parameter without effect and still do what was asked. */
type Check<Value> = 'ignored' | ((value: Value) => boolean);

/**
 * Ignored is what could not change an echo: how a model samples, thinks, caches or is billed. Refused is what would
 * promise an answer of another form.
 */
const checks: { [Name in keyof Parameters]-?: Check<NonNullable<Parameters[Name]>> } = {
  instructions: 'ignored',
  max_output_tokens: 'ignored', // By this table: the echo keeps to it.
  temperature: 'ignored',
  top_p: 'ignored',
  seed: 'ignored',
  frequency_penalty: 'ignored',
  presence_penalty: 'ignored',
  logit_bias: (bias) => Object.keys(bias).length === 0,
  stop: (stop) => stop.length === 0,
  reasoning: 'ignored',
  truncation: 'ignored',
  parallel_tool_calls: 'ignored',
  store: 'ignored',
  stream_options: 'ignored',
  user: 'ignored',
  safety_identifier: 'ignored',
  service_tier: 'ignored',
  prompt_cache_key: 'ignored',
  prompt_cache_options: 'ignored',
  prompt_cache_retention: 'ignored',
  context_management: 'ignored',
  moderation: () => false,
  prompt: () => false,
  tools: (tools) => tools.length === 0,
  tool_choice: (choice) => choice === 'auto' || choice === 'none',
  text: ({ format }) => format === undefined || format.type === 'text',
  top_logprobs: (count) => count === 0,
  include: (kinds) => !kinds.includes('message.output_text.logprobs'),
};

const textParts = ['input_text', 'output_text'];

/** @throws ApiError (400) that names what an echo can say nothing to. */
export function refuseWhatNoEchoHas({ input, parameters }: Prompt): void {
  for (const [name, value] of Object.entries(parameters)) {
    const check = checks[name as keyof Parameters] as Check<unknown>;
    if (check !== 'ignored' && !check(value)) throw notSupported(name, 'the echo model has none');
  }
  for (const [index, item] of input.entries()) {
    if (item.type !== undefined && item.type !== 'message') {
      throw notSupported(`input[${index}].type`, 'the echo model understands only messages');
    }
    if (!('content' in item) || !Array.isArray(item.content)) continue;
    const wrong = item.content.findIndex(({ type }) => !textParts.includes(type));
    if (wrong >= 0) {
      const param = `input[${index}].content[${wrong}].type`;
      throw notSupported(param, 'the echo model understands only text');
    }
  }
}
