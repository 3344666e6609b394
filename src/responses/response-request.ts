import { z } from 'zod';
import type { Message, Prompt } from '../models/model.js';

const textPart = z.object({
  type: z.enum(
    ['input_text', 'output_text'],
    'only text is understood here: type must be input_text or output_text',
  ),
  text: z.string(),
});

const message = z
  .object({
    type: z
      .literal('message', 'only messages are understood here: type must be message')
      .optional(),
    role: z.enum(['user', 'assistant', 'system', 'developer']),
    content: z.union([z.string(), z.array(textPart)], 'must be a string or a list of text parts'),
  })
  .transform(({ role, content }): Message => {
    const text = typeof content === 'string' ? content : content.map((part) => part.text).join('');
    return { role, text };
  });

const input = z.union(
  [
    z.string().transform((text): Message[] => [{ role: 'user', text }]),
    z.array(message).min(1, 'must not be empty'),
  ],
  'must be a string or a list of messages',
);

/** OpenAI allows strings only; Chat Shell sends its ids as numbers. Both come back as strings. */
const metadata = z
  .record(
    z.string().max(64, 'keys may have at most 64 characters'),
    z
      .union(
        [z.string().max(512), z.number(), z.boolean()],
        'must be a text of at most 512 characters',
      )
      .transform(String),
  )
  .refine((pairs) => Object.keys(pairs).length <= 16, 'may have at most 16 keys');

const flag = (fallback: boolean) =>
  z
    .boolean()
    .nullish()
    .transform((value) => value ?? fallback);

const never = (name: string) =>
  z.literal([null, false], `${name} is not supported by this service: leave it out`).optional();

/**
 * The body of `POST /v1/responses`. Without `stream` the
 * caller's Accept header and the configuration decide. What would
 * change the answer and is not supported is refused; what would not (`user`, …) is ignored.
 */
export const responseRequest = z
  .object(
    {
      model: z.string().nullish(),
      input,
      instructions: z.string().nullish(),
      metadata: metadata.nullish().transform((pairs) => pairs ?? {}),
      stream: z.boolean().nullish(),
      max_output_tokens: z.int().positive().nullish(),
      temperature: z.number().min(0).max(2).nullish(),
      top_p: z.number().min(0).max(1).nullish(),
      background: flag(false),
      store: flag(true),
      previous_response_id: never('previous_response_id'),
      conversation: never('conversation'),
      tools: z.tuple([], 'tools are not supported by this service: leave them out').nullish(),
    },
    'the body must be a JSON object sent with Content-Type: application/json',
  )
  .refine(({ background, store }) => store || !background, {
    message: 'background needs store: leave store out, or set it to true',
    path: ['background'],
  });

export type ResponseRequest = z.infer<typeof responseRequest>;

/** The part of a request that the model is asked. */
export function promptOf(request: ResponseRequest): Prompt {
  return {
    messages: request.input,
    metadata: request.metadata,
    ...(request.instructions != null && { instructions: request.instructions }),
    ...(request.max_output_tokens != null && { maxOutputTokens: request.max_output_tokens }),
    ...(request.temperature != null && { temperature: request.temperature }),
    ...(request.top_p != null && { topP: request.top_p }),
  };
}
