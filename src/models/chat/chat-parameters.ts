import type { ChatCompletionCreateParamsBase } from 'openai/resources/chat/completions/completions';

/** Parameters of `/chat/completions` that `/responses` has not, and that clients of self-hosted models set. */
export type ChatOnlyParameters = Pick<
  ChatCompletionCreateParamsBase,
  'seed' | 'stop' | 'frequency_penalty' | 'presence_penalty' | 'logit_bias'
>;
