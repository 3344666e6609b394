import type { ResponseOutputItem } from 'openai/resources/responses/responses';
import { refuseToContinue } from '../upstream-error.js';
import type { ChatRequest } from './chat-request.js';

/**
 * The text of an answer so far; empty if nothing of it was sent.
 * @throws Error if there is more than a text. Hidden thoughts and half a call cannot be given back to a model, and what
 * is bound to a schema would begin with its first brace again.
 */
export function unfinishedText(
  output: readonly ResponseOutputItem[],
  request: ChatRequest,
): string {
  if (output.length === 0) return '';
  const [item, ...others] = output;
  if (others.length > 0 || item!.type !== 'message') {
    throw refuseToContinue('it has reasoning or tool calls');
  }
  const text = item!.content
    .map((part) => {
      if (part.type === 'output_text') return part.text;
      throw refuseToContinue('it is a refusal');
    })
    .join('');
  if (text !== '' && request.response_format !== undefined) {
    throw refuseToContinue('it is bound to a format');
  }
  return text;
}
