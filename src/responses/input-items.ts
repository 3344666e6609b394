import { z } from 'zod';
import type { Message } from '../models/model.js';
import type { StoredResponse } from './stored-response.js';

export const itemsQuery = z.object({
  limit: z.coerce
    .number('must be a number')
    .int('must be a whole number')
    .min(1, 'must be 1 to 100')
    .max(100, 'must be 1 to 100')
    .default(20),
  order: z.enum(['asc', 'desc'], 'must be asc or desc').default('desc'),
  after: z.string().optional(),
});

/** What a response was asked with, as a page of OpenAI's lists. */
export function inputItems(
  { head, prompt }: StoredResponse,
  { limit, order, after }: z.infer<typeof itemsQuery>,
) {
  const items = prompt.messages.map((message, index) => itemOf(message, `${head.id}_${index}`));
  if (order === 'desc') items.reverse();
  const start = items.findIndex(({ id }) => id === after) + 1;
  const data = items.slice(start, start + limit);
  return {
    object: 'list' as const,
    data,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
    has_more: start + limit < items.length,
  };
}

function itemOf({ role, text }: Message, place: string) {
  const type = role === 'assistant' ? ('output_text' as const) : ('input_text' as const);
  const content = [{ type, text, ...(role === 'assistant' && { annotations: [] }) }];
  const id = place.replace(/^resp/, 'msg');
  return { type: 'message' as const, id, role, status: 'completed' as const, content };
}
