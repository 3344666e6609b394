import type { ChatCompletionCreateParamsStreaming } from 'openai/resources/chat/completions/completions';
import type {
  ResponseTextConfig,
  Tool,
  ToolChoiceAllowed,
} from 'openai/resources/responses/responses';
import type { Parameters, Prompt } from '../model.js';
import { notSupported } from '../refusal.js';
import { messagesOf } from './chat-messages.js';

export type ChatRequest = ChatCompletionCreateParamsStreaming;

type Translation = Partial<ChatRequest>;

/** What a parameter of `/responses` is in `/chat/completions`. Throws if it is nothing there. */
type Translations = {
  [Name in keyof Parameters]-?: (
    value: NonNullable<Parameters[Name]>,
    all: Parameters,
  ) => Translation;
};

const why = "the upstream's API, /chat/completions, has none";

const none = (name: string) => (): never => {
  throw notSupported(name, why);
};

/** Answered by this service itself. In the other API the same name means something else. */
const own = (): Translation => ({});

const translations: Translations = {
  instructions: own, // The first message.
  store: own, // There it keeps answers for training and evaluation.
  temperature: (temperature) => ({ temperature }),
  top_p: (top_p) => ({ top_p }),
  seed: (seed) => ({ seed }),
  stop: (stop) => ({ stop }),
  frequency_penalty: (frequency_penalty) => ({ frequency_penalty }),
  presence_penalty: (presence_penalty) => ({ presence_penalty }),
  logit_bias: (logit_bias) => ({ logit_bias }),
  // Deprecated at OpenAI, but the name that every compatible upstream knows.
  max_output_tokens: (max_tokens) => ({ max_tokens }),
  text: textOf,
  reasoning: reasoningOf,
  tools: (tools) => (tools.length === 0 ? {} : { tools: tools.map(toolOf) }),
  tool_choice: toolChoiceOf,
  // Without tools it changes nothing, and is refused there.
  parallel_tool_calls: (parallel, { tools }) =>
    tools?.length ? { parallel_tool_calls: parallel } : {},
  top_logprobs: (count) => (count === 0 ? {} : { logprobs: true, top_logprobs: count }),
  include: includeOf,
  truncation: (truncation) => (truncation === 'disabled' ? {} : none('truncation')()),
  prompt: none('prompt'),
  context_management: none('context_management'),
  stream_options: ({ include_obfuscation }) =>
    include_obfuscation === undefined
      ? {}
      : { stream_options: { include_usage: true, include_obfuscation } },
  moderation: (moderation) => ({ moderation }),
  prompt_cache_key: (prompt_cache_key) => ({ prompt_cache_key }),
  prompt_cache_options: (prompt_cache_options) => ({ prompt_cache_options }),
  prompt_cache_retention: (prompt_cache_retention) => ({ prompt_cache_retention }),
  safety_identifier: (safety_identifier) => ({ safety_identifier }),
  service_tier: (service_tier) => ({ service_tier }),
  user: (user) => ({ user }),
};

/**
 * A prompt as `/chat/completions` takes it.
 * @throws ApiError (400) that names what this API has not.
 */
export function chatRequest(model: string, prompt: Prompt): ChatRequest {
  const request: ChatRequest = {
    model,
    messages: messagesOf(prompt),
    stream: true,
    stream_options: { include_usage: true },
  };
  for (const [name, value] of Object.entries(prompt.parameters)) {
    const translate = translations[name as keyof Parameters] as (
      value: unknown,
      all: Parameters,
    ) => Translation;
    Object.assign(request, translate(value, prompt.parameters));
  }
  return request;
}

function textOf({ format, verbosity }: ResponseTextConfig): Translation {
  return { ...(format && formatOf(format)), ...(verbosity && { verbosity }) };
}

function formatOf(format: NonNullable<ResponseTextConfig['format']>): Translation {
  switch (format.type) {
    case 'text':
      return {};
    case 'json_object':
      return { response_format: { type: 'json_object' } };
    case 'json_schema': {
      const { type, ...json_schema } = format;
      return { response_format: { type, json_schema } };
    }
    default:
      throw notSupported('text.format.type', why);
  }
}

function reasoningOf(reasoning: NonNullable<Parameters['reasoning']>): Translation {
  const { effort, ...others } = reasoning;
  const [other] = Object.entries(others).find(([, value]) => value != null) ?? [];
  if (other !== undefined) throw notSupported(`reasoning.${other}`, why);
  return effort == null ? {} : { reasoning_effort: effort };
}

function toolOf(tool: Tool, index: number): NonNullable<ChatRequest['tools']>[number] {
  if (tool.type !== 'function') throw notSupported(`tools[${index}].type`, why);
  const { name, description, parameters, strict } = tool;
  return {
    type: 'function',
    function: {
      name,
      ...(description != null && { description }),
      ...(parameters != null && { parameters }),
      ...(strict != null && { strict }),
    },
  };
}

function toolChoiceOf(
  choice: NonNullable<Parameters['tool_choice']>,
  { tools }: Parameters,
): Translation {
  if (typeof choice === 'string') {
    const isSaid = choice === 'required' || Boolean(tools?.length);
    return isSaid ? { tool_choice: choice } : {};
  }
  if (choice.type === 'function') {
    return { tool_choice: { type: 'function', function: { name: choice.name } } };
  }
  if (choice.type === 'allowed_tools') return { tool_choice: allowedOf(choice) };
  throw notSupported('tool_choice.type', why);
}

function allowedOf({ mode, tools }: ToolChoiceAllowed): NonNullable<ChatRequest['tool_choice']> {
  const named = tools.map(({ type, name }) => {
    if (type !== 'function') throw notSupported('tool_choice.tools', why);
    return { type, function: { name } };
  });
  return { type: 'allowed_tools', allowed_tools: { mode, tools: named } };
}

function includeOf(kinds: NonNullable<Parameters['include']>): Translation {
  const other = kinds.findIndex((kind) => kind !== 'message.output_text.logprobs');
  if (other >= 0) throw notSupported(`include[${other}]`, why);
  return kinds.length > 0 ? { logprobs: true } : {};
}
