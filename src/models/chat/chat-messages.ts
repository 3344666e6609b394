import type {
  ChatCompletionAssistantMessageParam,
  ChatCompletionContentPart,
  ChatCompletionContentPartText,
  ChatCompletionMessageParam,
} from 'openai/resources/chat/completions/completions';
import type {
  EasyInputMessage,
  ResponseInputItem,
  ResponseOutputMessage,
} from 'openai/resources/responses/responses';
import type { Prompt } from '../model.js';
import { notSupported } from '../refusal.js';

/** The items of a request as messages: a call belongs to the message of the assistant before it. */
export function messagesOf({ input, parameters }: Prompt): ChatCompletionMessageParam[] {
  const { instructions } = parameters;
  const messages: ChatCompletionMessageParam[] = instructions
    ? [{ role: 'system', content: instructions }]
    : [];
  for (const [index, item] of input.entries()) add(messages, item, `input[${index}]`);
  return messages;
}

function add(messages: ChatCompletionMessageParam[], item: ResponseInputItem, at: string): void {
  if ('role' in item && 'content' in item) {
    messages.push(messageOf(item, at));
    return;
  }
  switch (item.type) {
    case 'function_call': {
      const { call_id: id, name, arguments: args } = item;
      const call = { id, type: 'function' as const, function: { name, arguments: args } };
      const { tool_calls = [], ...message } = openAssistant(messages);
      messages.push({ ...message, tool_calls: [...tool_calls, call] });
      return;
    }
    case 'function_call_output':
      messages.push({
        role: 'tool',
        tool_call_id: item.call_id,
        content: outputOf(item.output, at),
      });
      return;
    case 'reasoning':
      // This API has no place for it, and the templates of models leave earlier reasoning out.
      return;
    default:
      throw notSupported(`${at}.type`, "the upstream's API, /chat/completions, has no such item");
  }
}

/** Takes the last message off, if calls can be added to it. */
function openAssistant(
  messages: ChatCompletionMessageParam[],
): ChatCompletionAssistantMessageParam {
  const last = messages.at(-1);
  if (last?.role !== 'assistant') return { role: 'assistant' };
  messages.pop();
  return last;
}

type Message = EasyInputMessage | ResponseOutputMessage;
type Part = Exclude<Message['content'], string>[number];

function messageOf({ role, content }: Message, at: string): ChatCompletionMessageParam {
  const parts =
    typeof content === 'string'
      ? content
      : content.map((part, index) => {
          return partOf(part, `${at}.content[${index}]`);
        });
  if (role === 'user') return { role, content: parts };
  const text = typeof parts === 'string' ? parts : textOf(parts, at);
  return { role: role === 'assistant' ? role : 'system', content: text };
}

/** Many servers take only a string here. */
function textOf(parts: readonly ChatCompletionContentPart[], at: string): string {
  return parts
    .map((part, index) => {
      if (part.type === 'text') return part.text;
      throw notSupported(`${at}.content[${index}].type`, 'only the user can send it');
    })
    .join('');
}

function partOf(part: Part, at: string): ChatCompletionContentPart {
  switch (part.type) {
    case 'input_text':
    case 'output_text':
      return text(part.text);
    case 'refusal':
      return text(part.refusal);
    case 'input_image': {
      const { image_url: url, detail } = part;
      if (!url || detail === 'original') {
        throw notSupported(
          url ? `${at}.detail` : `${at}.file_id`,
          'the upstream takes only image_url',
        );
      }
      return { type: 'image_url', image_url: { url, ...(detail && { detail }) } };
    }
    case 'input_file': {
      const { file_data, file_id, filename, file_url } = part;
      if (file_url) throw notSupported(`${at}.file_url`, 'the upstream takes only file_data');
      return {
        type: 'file',
        file: {
          ...(file_data && { file_data }),
          ...(file_id && { file_id }),
          ...(filename && { filename }),
        },
      };
    }
    default:
      throw notSupported(`${at}.type`, "the upstream's API, /chat/completions, has no such part");
  }
}

function text(value: string): ChatCompletionContentPartText {
  return { type: 'text', text: value };
}

type Output = Extract<ResponseInputItem, { type: 'function_call_output' }>['output'];

function outputOf(output: Output, at: string): string {
  if (typeof output === 'string') return output;
  return output
    .map((part, index) => {
      if (part.type === 'input_text') return part.text;
      throw notSupported(`${at}.output[${index}].type`, 'the upstream takes only text from tools');
    })
    .join('');
}
