/** What a model is asked, free of any wire format. */
export interface Prompt {
  readonly instructions?: string;
  readonly messages: readonly Message[];
  readonly metadata: Readonly<Record<string, string>>;
  /** The most tokens the answer may have; without it the model decides. */
  readonly maxOutputTokens?: number;
  readonly temperature?: number;
  readonly topP?: number;
}

export interface Message {
  readonly role: 'user' | 'assistant' | 'system' | 'developer';
  readonly text: string;
}

/** What a model says last, after its pieces of text. */
export interface ModelEnd {
  readonly usage?: { readonly inputTokens: number; readonly outputTokens: number };
  /** Why the answer stops short, in OpenAI's words, for example `max_output_tokens`. */
  readonly incompleteReason?: string;
}

export interface ModelStart {
  /** How many pieces were already sent, by this process or another: the answer goes on after them. */
  readonly position: number;
  /** Whether another process may have to go on with the answer. */
  readonly durable: boolean;
  /** The token of the answer that is to be gone on with, if it had one. */
  readonly token?: string | undefined;
  /** Aborts when no reader wants the rest. The model then stops its work, by ending or by throwing. */
  readonly signal: AbortSignal;
}

/** The pieces of an answer and at most one `ModelEnd`. */
export interface ModelAnswer extends AsyncIterable<string | ModelEnd> {
  /** By which another process can go on with exactly this answer, if it takes more than the prompt. */
  readonly token?: string;
}

/** Something that answers a prompt piece by piece. */
export interface Model {
  /** What callers put into `model`. */
  readonly name: string;
  /**
   * Resolves once the answer has begun.
   * @throws ApiError while the caller can still be told with a status of its own.
   */
  start(prompt: Prompt, options: ModelStart): Promise<ModelAnswer>;
}
