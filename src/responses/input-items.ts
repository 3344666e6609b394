import type { ResponseInputItem } from 'openai/resources/responses/responses';
import { z } from 'zod';
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
  const items = prompt.input.map((item, index) => itemOf(item, `${head.id}_${index}`));
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

/** As it was sent, with an id; the text of a message as a part. */
function itemOf(item: ResponseInputItem, place: string) {
  const id = ('id' in item && item.id) || place.replace(/^resp/, 'msg');
  if (!('role' in item) || !('content' in item)) return { ...item, id };
  const { role, content } = item;
  return { ...item, type: 'message', id, status: 'completed', content: partsOf(role, content) };
}

function partsOf(role: string, content: unknown): unknown {
  if (typeof content !== 'string') return content;
  return role === 'assistant'
    ? [{ type: 'output_text', text: content, annotations: [] }]
    : [{ type: 'input_text', text: content }];
}
