import type {
  ResponseCreateParamsBase,
  ResponseInputItem,
  ResponseOutputItem,
  ResponseOutputText,
  ResponseStreamEvent,
  ResponseUsage,
} from 'openai/resources/responses/responses';
import type { ChatOnlyParameters } from './chat/chat-parameters.js';

/** Parameters that this service reads itself. No model sees them. */
type OwnParameters = 'model' | 'input' | 'metadata' | 'stream' | 'background';

/** Parameters that name something which only the upstream's store has. No request may have them. */
type RefusedParameters = 'previous_response_id' | 'conversation';

type Given<Params> = { readonly [Name in keyof Params]?: NonNullable<Params[Name]> };

/** What may change an answer, in OpenAI's words: as the caller sent it, without what was null. */
export type Parameters = Given<
  Omit<ResponseCreateParamsBase, OwnParameters | RefusedParameters> & ChatOnlyParameters
>;

/** What a model is asked, in the words of OpenAI's Responses API. JSON, because it is logged. */
export interface Prompt {
  readonly input: readonly ResponseInputItem[];
  readonly metadata: Readonly<Record<string, string>>;
  readonly parameters: Parameters;
}

/** Tokens as the model counted them. Details that it did not give are absent. */
export interface Usage {
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly total_tokens: number;
  readonly input_tokens_details?: Partial<ResponseUsage['input_tokens_details']>;
  readonly output_tokens_details?: Partial<ResponseUsage['output_tokens_details']>;
}

export type Logprobs = NonNullable<ResponseOutputText['logprobs']>;

/** Events that say how the whole response stands. This service makes its own. */
type LifecycleEvent =
  | 'response.created'
  | 'response.queued'
  | 'response.in_progress'
  | 'response.completed'
  | 'response.incomplete'
  | 'response.failed'
  | 'error';

/** An event about the output of a response. */
export type OutputEvent = Exclude<ResponseStreamEvent, { type: LifecycleEvent }>;

/** A part of an answer. */
export type ModelPiece =
  | string
  | { readonly type: 'text'; readonly text: string; readonly logprobs: Logprobs }
  | { readonly type: 'refusal' | 'reasoning'; readonly text: string }
  /** The answer is a text, of which nothing is said yet. */
  | { readonly type: 'message' }
  /** A call of a function begins. */
  | { readonly type: 'call'; readonly name: string; readonly callId?: string | undefined }
  /** More of the arguments of the call that began last. */
  | { readonly type: 'arguments'; readonly text: string }
  /** An event that the upstream wrote itself. Its number is replaced. */
  | { readonly type: 'event'; readonly event: OutputEvent };

/** What a model says last. */
export interface ModelEnd {
  readonly type: 'end';
  /** Absent if the model did not count. */
  readonly usage?: Usage | undefined;
  /** Why the answer stops short, in OpenAI's words, for example `max_output_tokens`. */
  readonly incompleteReason?: string | undefined;
}

/** What was already sent of an answer, by this process or another. */
export interface Sent {
  /** The events behind the two that open a response. */
  readonly events: number;
  /** Those of them that carry a piece of text. */
  readonly deltas: number;
  /** What they add up to. */
  readonly output: readonly ResponseOutputItem[];
}

export const NOTHING_SENT: Sent = { events: 0, deltas: 0, output: [] };

export interface ModelStart {
  /** The answer goes on after this. */
  readonly sent: Sent;
  /** Whether another process may have to go on with the answer. */
  readonly durable: boolean;
  /** The token of the answer that is to be gone on with, if it had one. */
  readonly token?: string | undefined;
  /** Aborts when no reader wants the rest. The model then stops its work, by ending or by throwing. */
  readonly signal: AbortSignal;
}

/** The pieces of an answer and at most one `ModelEnd`. */
export interface ModelAnswer extends AsyncIterable<ModelPiece | ModelEnd> {
  /** By which another process can go on with exactly this answer, if it takes more than the prompt. */
  readonly token?: string;
}

/** Something that answers a prompt piece by piece. */
export interface Model {
  /** What callers put into `model`. */
  readonly name: string;
  /**
   * Resolves once the answer has begun.
   * @throws ApiError while the caller can still be told with a status of its own: also (400) for a parameter that
   * this model does not have.
   */
  start(prompt: Prompt, options: ModelStart): Promise<ModelAnswer>;
}
