import { readThrough } from '../../../examples/support/example.js';
import type { RecipeProcess } from './recipe.js';

/** One event of `text/event-stream`, by its fields. */
type Fields = Readonly<Record<string, string>>;

function parse(text: string): Fields[] {
  return text
    .split('\n\n')
    .map((block) =>
      Object.fromEntries(
        [...block.matchAll(/^(\w+): ?(.*)$/gm)].map(([, name = '', value = '']) => [name, value]),
      ),
    )
    .filter((fields) => Object.keys(fields).length > 0);
}

/** The data of the events that have no type. */
export const messagesOf = (text: string): string[] =>
  parse(text).flatMap(({ event, data }) => (event === undefined && data ? [data] : []));

/**
 * What a client of an event stream has seen, in words. That its end was clean is known already: a cut stream throws.
 * @param total how many events a whole stream has; 0 for an endless one
 */
export function describeEvents(text: string, total = 0): string {
  const fields = parse(text);
  const messages = messagesOf(text);
  const isGapless = messages.every((data, index) => data === `${index + 1}`);
  const retry = fields.find((one) => one['retry'])?.['retry'];
  const types = fields.flatMap(({ event }) => event ?? []);
  return [
    isGapless ? '' : `events with gaps (${messages.join(' ')})`,
    total > 0 && messages.length === total ? `all ${total} events` : 'the events until then',
    retry === undefined ? '' : `\`retry: ${retry}\``,
    ...types.map((type) => `\`event: ${type}\``),
    'a clean end',
  ]
    .filter(Boolean)
    .join(', ');
}

export interface EventStreamOptions {
  /** How many events a whole stream has; 0 (default) for an endless one. */
  readonly total?: number;
  readonly headers?: Record<string, string>;
}

/** Reads an event stream to its end, with SIGTERM after its event 5, and says what came. */
export async function throughSigterm(
  app: RecipeProcess,
  path: string,
  { total = 0, headers = {} }: EventStreamOptions = {},
): Promise<string> {
  const response = await fetch(`${app.url}${path}`, { headers });
  const text = await readThrough(response, 'data: 5\n', app.terminate);
  const encoding = response.headers.get('content-encoding');
  return `${response.status}${encoding ? ` (${encoding})` : ''}, ${describeEvents(text, total)}`;
}
