import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

export interface Upstream {
  /** What `OPENAI_BASE_URL` has to be. */
  readonly url: string;
  /** The bodies it was asked with. */
  readonly requests: Record<string, unknown>[];
  /** The Authorization headers it was asked with. */
  readonly keys: (string | undefined)[];
  /** Resolves when the next request is dropped by its sender. */
  dropped(): Promise<void>;
  stop(): Promise<void>;
}

/** What the upstream does with a request; the last message of the prompt names it. */
type Manner =
  'answer' | 'hang' | 'fail' | 'break' | 'limit' | 'refuse 400' | 'refuse 401' | 'refuse 429';

/** A local server that speaks OpenAI's protocol, both `/v1/responses` and `/v1/chat/completions`. */
export async function startUpstream(): Promise<Upstream> {
  const requests: Record<string, unknown>[] = [];
  const keys: (string | undefined)[] = [];
  let drop: () => void = () => undefined;
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const body = (await json(request)) as Record<string, unknown>;
    requests.push(body);
    keys.push(request.headers.authorization);
    response.once('close', () => {
      if (!response.writableFinished) drop();
    });
    const messages = (body.input ?? body.messages) as { content: string }[];
    const manner = messages.at(-1)?.content as Manner;
    if (manner.startsWith('refuse')) return refuse(response, Number(manner.split(' ')[1]));
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    if (request.url === '/v1/responses') sayResponse(response, manner);
    else sayChat(response, manner);
  };
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    requests,
    keys,
    dropped: () => new Promise((resolve) => (drop = resolve)),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function refuse(response: ServerResponse, status: number): void {
  const error = { message: 'Said the upstream.', type: 'x', param: 'input', code: 'x' };
  // The official client sends a refused request again unless it is told not to.
  response.writeHead(status, { 'content-type': 'application/json', 'x-should-retry': 'false' });
  response.end(JSON.stringify({ error }));
}

function sayResponse(response: ServerResponse, manner: Manner): void {
  const usage = { input_tokens: 3, output_tokens: 2 };
  const terminal = {
    answer: { type: 'response.completed', response: { usage } },
    limit: {
      type: 'response.incomplete',
      response: { usage, incomplete_details: { reason: 'max_output_tokens' } },
    },
    fail: { type: 'response.failed', response: { error: { message: 'secret reason' } } },
  };
  say(response, { type: 'response.created', response: {} });
  for (const delta of ['Hello ', 'there'])
    say(response, { type: 'response.output_text.delta', delta });
  if (manner === 'hang') return;
  if (manner in terminal) say(response, terminal[manner as keyof typeof terminal]);
  response.end();
}

function sayChat(response: ServerResponse, manner: Manner): void {
  for (const content of ['Hello ', 'there']) say(response, { choices: [{ delta: { content } }] });
  if (manner === 'hang') return;
  if (manner === 'fail') say(response, { error: { message: 'secret reason' } });
  if (manner === 'answer' || manner === 'limit') {
    const finish_reason = manner === 'limit' ? 'length' : 'stop';
    say(response, { choices: [{ delta: {}, finish_reason }] });
    say(response, { choices: [], usage: { prompt_tokens: 3, completion_tokens: 2 } });
    response.write('data: [DONE]\n\n');
  }
  response.end();
}

function say(response: ServerResponse, event: object): void {
  response.write(`data: ${JSON.stringify(event)}\n\n`);
}
