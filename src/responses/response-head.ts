import type { ResponseBody } from './response-event.js';
import type { ResponseRequest } from './response-request.js';

/** What is known of a response before its first word. */
export function headOf(request: ResponseRequest, model: string, id: string): ResponseBody {
  return {
    id,
    object: 'response',
    created_at: Math.floor(Date.now() / 1000),
    status: 'in_progress',
    error: null,
    incomplete_details: null,
    instructions: request.instructions ?? null,
    metadata: request.metadata,
    model,
    output: [],
    parallel_tool_calls: true,
    temperature: request.temperature ?? null,
    tool_choice: 'auto',
    tools: [],
    top_p: request.top_p ?? null,
    max_output_tokens: request.max_output_tokens ?? null,
    background: request.background,
  };
}
