import type OpenAI from 'openai';
import type { Model, ModelAnswer, ModelStart, Prompt } from '../model.js';
import { refuseToContinue, upstreamError } from '../upstream-error.js';
import { chatPieces } from './chat-answer.js';
import { chatRequest } from './chat-request.js';
import type { PrefixContinuation } from './prefix-continuation.js';
import { unfinishedText } from './unfinished-text.js';

/** A model behind an OpenAI-compatible upstream that has only `POST /chat/completions`. */
export class ChatUpstream implements Model {
  /** @param continuation how the upstream is asked to go on with an unfinished answer, if it can */
  constructor(
    readonly name: string,
    private readonly client: OpenAI,
    private readonly continuation?: PrefixContinuation,
  ) {}

  async start(prompt: Prompt, { sent, signal }: ModelStart): Promise<ModelAnswer> {
    const request = chatRequest(this.name, prompt);
    const text = unfinishedText(sent.output, request);
    try {
      if (text === '') {
        return chatPieces(await this.client.chat.completions.create(request, { signal }));
      }
      if (!this.continuation) throw refuseToContinue('set UPSTREAM_CONTINUATION if it can');
      await this.continuation.prove(this.name);
      return await this.continuation.start(request, { text, deltas: sent.deltas }, signal);
    } catch (error) {
      throw upstreamError(error);
    }
  }
}
