import type { Parameters } from '../models/model.js';
import type { ResponseBody } from './response-event.js';
import { promptOf, type ResponseRequest } from './response-request.js';

/** What is known of a response before its first word. */
export function headOf(request: ResponseRequest, model: string, id: string): ResponseBody {
  const { parameters } = promptOf(request);
  return {
    id,
    object: 'response',
    created_at: Math.floor(Date.now() / 1000),
    status: 'in_progress',
    error: null,
    incomplete_details: null,
    metadata: request.metadata,
    model,
    output: [],
    background: request.background,
    ...DEFAULTS,
    ...echoed(parameters),
  };
}

/** What OpenAI answers where the caller said nothing. */
const DEFAULTS: Pick<
  ResponseBody,
  | 'instructions'
  | 'max_output_tokens'
  | 'parallel_tool_calls'
  | 'temperature'
  | 'tool_choice'
  | 'tools'
  | 'top_p'
> = {
  instructions: null,
  max_output_tokens: null,
  parallel_tool_calls: true,
  temperature: null,
  tool_choice: 'auto',
  tools: [],
  top_p: null,
};

const ECHOED = [
  'instructions',
  'max_output_tokens',
  'parallel_tool_calls',
  'prompt',
  'prompt_cache_key',
  'reasoning',
  'safety_identifier',
  'store',
  'temperature',
  'text',
  'tool_choice',
  'tools',
  'top_logprobs',
  'top_p',
  'truncation',
  'user',
] as const satisfies (keyof Parameters)[];

/** The parameters that a response tells back. */
function echoed(parameters: Parameters): Partial<ResponseBody> {
  const given = ECHOED.filter((name) => parameters[name] !== undefined);
  return Object.fromEntries(given.map((name) => [name, parameters[name]]));
}
