import type { z } from 'zod';
import { invalidRequest } from './api-error.js';

/**
 * Reads a value by a schema.
 * @throws ApiError (400) naming the first wrong field the way OpenAI does: `input[0].content`.
 */
export function parse<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = deepest(parsed.error.issues[0]!);
  const param = nameOf(issue.path);
  const subject = param === null ? 'Invalid request' : `Invalid '${param}'`;
  throw invalidRequest(`${subject}: ${issue.message}.`, param);
}

/** The branch of a union that came furthest tells most about what the caller meant. */
function deepest(issue: z.core.$ZodIssue): z.core.$ZodIssue {
  if (issue.code !== 'invalid_union') return issue;
  const inner = issue.errors
    .flatMap((branch) => branch.slice(0, 1))
    .filter(({ path }) => path.length > 0)
    .map(deepest)[0];
  return inner === undefined ? issue : { ...inner, path: [...issue.path, ...inner.path] };
}

function nameOf(path: readonly PropertyKey[]): string | null {
  if (path.length === 0) return null;
  return path
    .map((key, index) =>
      typeof key === 'number' ? `[${key}]` : `${index > 0 ? '.' : ''}${String(key)}`,
    )
    .join('');
}
