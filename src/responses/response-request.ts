import type { ResponseInputItem } from 'openai/resources/responses/responses';
import { z } from 'zod';
import type { Parameters, Prompt } from '../models/model.js';

const part = z.looseObject({ type: z.string() }).superRefine(({ type, text }, context) => {
  if (!/^(input|output)_text$/.test(type) || typeof text === 'string') return;
  context.addIssue({ code: 'custom', path: ['text'], message: 'must be a string' });
});

const message = z.looseObject({
  type: z.literal('message').optional(),
  role: z.enum(['user', 'assistant', 'system', 'developer']),
  content: z.union([z.string(), z.array(part)], 'must be a string or a list of parts'),
});

/** Calls of functions, their outputs, reasoning and so on: whether it is understood, the model decides. */
const otherItem = z.looseObject({
  type: z.string().refine((type) => type !== 'message', 'must have a role and content'),
});

const input = z.union(
  [
    z.string().transform((text) => [{ type: 'message' as const, role: 'user', content: text }]),
    z
      .array(z.union([message, otherItem], 'must be an object with a role and content, or a type'))
      .min(1, 'must not be empty'),
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

const typed = z.looseObject({ type: z.string() });
const anything = z.looseObject({});

/** Everything that a model may be asked with. Only what is read here or translated has a shape; the rest is the upstream's. */
const parameters = {
  instructions: z.string().nullish(),
  max_output_tokens: z.int().positive().nullish(),
  temperature: z.number().min(0).max(2).nullish(),
  top_p: z.number().min(0).max(1).nullish(),
  tools: z.array(typed).nullish(),
  tool_choice: z.union([z.string(), typed], 'must be a string or an object').nullish(),
  parallel_tool_calls: z.boolean().nullish(),
  text: z.looseObject({ format: typed.nullish(), verbosity: z.string().nullish() }).nullish(),
  reasoning: anything.nullish(),
  include: z.array(z.string()).nullish(),
  top_logprobs: z.int().min(0).nullish(),
  truncation: z.string().nullish(),
  prompt: z.looseObject({ id: z.string() }).nullish(),
  stop: z.union([z.string(), z.array(z.string())], 'must be a string or a list').nullish(),
  seed: z.int().nullish(),
  frequency_penalty: z.number().nullish(),
  presence_penalty: z.number().nullish(),
  logit_bias: anything.nullish(),
  stream_options: anything.nullish(),
  context_management: z.array(typed).nullish(),
  moderation: anything.nullish(),
  prompt_cache_key: z.string().nullish(),
  prompt_cache_options: anything.nullish(),
  prompt_cache_retention: z.string().nullish(),
  safety_identifier: z.string().nullish(),
  service_tier: z.string().nullish(),
  user: z.string().nullish(),
} satisfies Record<Exclude<keyof Parameters, 'store'>, z.ZodType>;

const own = {
  model: z.string().nullish(),
  input,
  metadata: metadata.nullish().transform((pairs) => pairs ?? {}),
  stream: z.boolean().nullish(),
  background: flag(false),
  store: flag(true),
  previous_response_id: never('previous_response_id'),
  conversation: never('conversation'),
};

/** What is read from JSON here is written as JSON again, and that recurses. Schemas of tools have about 10 levels. */
const DEEPEST = 200;

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((inner) => isDeeper(inner, levels - 1));
}

/**
 * The body of `POST /v1/responses`. Without `stream` the caller's Accept header and the configuration decide. Nothing
 * that may change the answer is dropped: the model that is asked takes a parameter or refuses it, and an unknown one is refused here.
 */
export const responseRequest = z
  .unknown()
  .refine((body) => !isDeeper(body, DEEPEST), {
    message: `the body may be nested ${DEEPEST} levels deep at most`,
    abort: true,
  })
  .pipe(
    z
      .looseObject(
        { ...own, ...parameters },
        'the body must be a JSON object sent with Content-Type: application/json',
      )
      .superRefine((body, context) => {
        // Its own keys: every object has a `constructor`, too.
        const unknown = Object.keys(body).find(
          (name) => !Object.hasOwn(own, name) && !Object.hasOwn(parameters, name),
        );
        if (unknown === undefined) return;
        const message = 'this service has no such parameter: leave it out';
        context.addIssue({ code: 'custom', path: [unknown], message });
      })
      .refine(({ background, store }) => store || !background, {
        message: 'background needs store: leave store out, or set it to true',
        path: ['background'],
      }),
  );

export type ResponseRequest = z.infer<typeof responseRequest>;

/** The part of a request that the model is asked. */
export function promptOf(request: ResponseRequest): Prompt {
  const names = Object.keys(parameters) as (keyof typeof parameters)[];
  const given = names.flatMap((name) => (request[name] == null ? [] : [[name, request[name]]]));
  return {
    input: request.input as unknown as ResponseInputItem[],
    metadata: request.metadata,
    // The shapes that this service does not read are the upstream's to refuse.
    parameters: { ...(Object.fromEntries(given) as Parameters), store: request.store },
  };
}
