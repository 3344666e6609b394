import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { tokensOf } from './byte-tokens.js';

/** How the server is asked to go on with a last message of the assistant; `never` begins anew, `refuse` answers 400. */
export type Manner = 'vllm' | 'prefix' | 'never' | 'refuse';

interface Message {
  readonly role: string;
  readonly content: string;
  readonly prefix?: boolean;
}

interface ChatBody {
  readonly messages: Message[];
  readonly stream: boolean;
  readonly stream_options?: { include_usage?: boolean };
  readonly max_tokens?: number;
  readonly temperature?: number;
  readonly continue_final_message?: boolean;
  readonly add_generation_prompt?: boolean;
}

export interface ContinuingUpstream {
  /** What `OPENAI_BASE_URL` has to be. */
  readonly url: string;
  /** What it was asked, the questions of a probe and of a count, too. */
  readonly requests: ChatBody[];
  /** Called with each piece before it is sent. */
  onPiece: (piece: string) => void;
  stop(): Promise<void>;
}

export interface ContinuingOptions {
  readonly manner: Manner;
  /** Milliseconds between two tokens. */
  readonly pause?: number;
  /** What it thinks before each answer, as templates for thinking models make it do. */
  readonly thoughts?: string;
  /** Whether it says how many tokens it has read and said. */
  readonly counts?: boolean;
}

/**
 * A local server of `/v1/chat/completions` whose model says the last message of the user back, token by token. Like a
 * real one it reads tokens, not text: if what it is to go on with has other tokens than its own answer, it loses the
 * thread and says `#`. At a temperature above 0 each answer has words of its own.
 */
export async function startContinuingUpstream(
  options: ContinuingOptions,
): Promise<ContinuingUpstream> {
  const requests: ChatBody[] = [];
  const server = createServer((request, response) => {
    void answer(request, response).catch(() => response.destroy());
  }).listen(0, '127.0.0.1');
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const body = (await json(request)) as ChatBody;
    requests.push(body);
    const problem = problemOf(body, options.manner);
    if (problem !== undefined) {
      response.writeHead(400, { 'content-type': 'application/json' });
      response.end(
        JSON.stringify({ error: { message: problem, type: 'BadRequestError', code: 400 } }),
      );
      return;
    }
    const run = new Generation(body, options, requests.length);
    await (body.stream
      ? run.stream(response, (piece) => upstream.onPiece(piece))
      : run.whole(response));
  };
  await once(server, 'listening');
  const upstream: ContinuingUpstream = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    requests,
    onPiece: () => undefined,
    stop: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
  return upstream;
}

function problemOf(body: ChatBody, manner: Manner): string | undefined {
  const { continue_final_message: goesOn, add_generation_prompt: generates = true } = body;
  if (!goesOn) return undefined;
  if (manner === 'refuse')
    return "Unrecognized request argument supplied: 'continue_final_message'";
  if (generates) return 'continue_final_message and add_generation_prompt cannot both be true';
  return undefined;
}

/** One answer, from where the request lets it begin. */
class Generation {
  readonly #prompt: readonly Message[];
  readonly #said: Buffer[];
  readonly #script: Buffer[];

  constructor(
    private readonly body: ChatBody,
    private readonly options: ContinuingOptions,
    sample: number,
  ) {
    const { messages } = body;
    const isContinued =
      options.manner === 'vllm'
        ? body.continue_final_message === true
        : options.manner === 'prefix' && messages.at(-1)?.prefix === true;
    this.#prompt = isContinued ? messages.slice(0, -1) : messages;
    // Chat templates cut white space at the end.
    this.#said = isContinued ? tokensOf(messages.at(-1)!.content.trimEnd()) : [];
    const asked = this.#prompt.findLast(({ role }) => role === 'user')!.content;
    const text = body.temperature === 0 ? asked : asked.replace(/(?<=\S)(?=\s|$)/g, `.${sample}`);
    this.#script = tokensOf(text);
  }

  async stream(response: ServerResponse, onPiece: (piece: string) => void): Promise<void> {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const say = (chunk: object) => response.write(`data: ${JSON.stringify(chunk)}\n\n`);
    const delta = (said: object) => say({ choices: [{ index: 0, delta: said }] });
    delta({ role: 'assistant', content: '' });
    if (this.options.thoughts) delta({ reasoning_content: this.options.thoughts });
    const { tokens, finish } = this.#tokens();
    const decoder = new TextDecoder();
    for (const token of tokens) {
      if (this.options.pause) await sleep(this.options.pause);
      // Half a character is held back until the rest of its bytes is there.
      const content = decoder.decode(token, { stream: true });
      if (content === '') continue;
      onPiece(content);
      delta({ content });
    }
    say({ choices: [{ index: 0, delta: {}, finish_reason: finish }] });
    if (this.body.stream_options?.include_usage) say({ choices: [], ...this.#usage(tokens) });
    response.end('data: [DONE]\n\n');
  }

  whole(response: ServerResponse): void {
    const { tokens, finish } = this.#tokens();
    const message = { role: 'assistant', content: Buffer.concat(tokens).toString() };
    response.writeHead(200, { 'content-type': 'application/json' });
    const choices = [{ index: 0, message, finish_reason: finish }];
    response.end(JSON.stringify({ choices, ...this.#usage(tokens) }));
  }

  #tokens(): { tokens: Buffer[]; finish: string } {
    const isOwn = this.#said.every((token, index) => this.#script[index]?.equals(token));
    const rest = isOwn ? this.#script.slice(this.#said.length) : [Buffer.from('#')];
    const tokens = rest.slice(0, this.body.max_tokens ?? Infinity);
    return { tokens, finish: tokens.length < rest.length ? 'length' : 'stop' };
  }

  #usage(said: readonly Buffer[]): object {
    if (this.options.counts === false) return {};
    const asked = this.#prompt.reduce((sum, { content }) => sum + tokensOf(content).length, 0);
    const prompt_tokens = asked + this.#said.length;
    const completion_tokens = said.length;
    const total_tokens = prompt_tokens + completion_tokens;
    return { usage: { prompt_tokens, completion_tokens, total_tokens } };
  }
}
