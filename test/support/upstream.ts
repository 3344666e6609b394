import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { messageBegins, messageEnds, wordOf } from './upstream-events.js';

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
  | 'answer'
  | 'uncounted'
  | 'call'
  | 'hang'
  | 'fail'
  | 'bad image'
  | 'break'
  | 'limit'
  | `refuse ${400 | 401 | 403 | 404 | 413 | 422 | 429 | 500 | 503}`;

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
    const manner = mannerOf(body);
    if (manner.startsWith('refuse')) return refuse(response, Number(manner.split(' ')[1]));
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    if (request.url === '/v1/responses') sayResponse(response, manner, body);
    else sayChat(response, manner, body);
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

/** The last text of a user names it: behind it there may be calls and their outputs. */
function mannerOf(body: Record<string, unknown>): Manner {
  const messages = (body.input ?? body.messages) as { role?: string; content: unknown }[];
  const content = messages.findLast(({ role }) => role === 'user')?.content;
  if (typeof content === 'string') return content as Manner;
  const texts = (content as { text?: string }[]).map(({ text }) => text);
  return texts.find((text) => text !== undefined) as Manner;
}

/** The upstream's own words, with which the caller's mistakes are told. */
const said = {
  message: 'Said the upstream.',
  type: 'their_type',
  param: 'input',
  code: 'their_code',
};

function refuse(response: ServerResponse, status: number): void {
  response.writeHead(status, { 'content-type': 'application/json', 'retry-after': '7' });
  // A model that is not there is the operator's matter.
  response.end(JSON.stringify({ error: status === 404 ? { ...said, param: 'model' } : said }));
}

function sayResponse(
  response: ServerResponse,
  manner: Manner,
  body: Record<string, unknown>,
): void {
  const usage = { input_tokens: 3, output_tokens: 2, total_tokens: 5 };
  const terminal = {
    answer: { type: 'response.completed', response: { usage } },
    uncounted: { type: 'response.completed', response: {} },
    call: { type: 'response.completed', response: { usage } },
    limit: {
      type: 'response.incomplete',
      response: { usage, incomplete_details: { reason: 'max_output_tokens' } },
    },
    fail: { type: 'response.failed', response: { error: { message: 'secret reason' } } },
    'bad image': {
      type: 'response.failed',
      response: { error: { code: 'invalid_image', message: 'The image is broken.' } },
    },
  };
  say(response, { type: 'response.created', response: {} });
  if (manner === 'call') for (const event of callEvents(body)) say(response, event);
  else for (const event of [...messageBegins(), ...words.map(wordOf)]) say(response, event);
  if (manner === 'hang') return;
  if (manner === 'answer' || manner === 'uncounted' || manner === 'limit') {
    for (const event of messageEnds(words.join(''))) say(response, event);
  }
  if (manner in terminal) say(response, terminal[manner as keyof typeof terminal]);
  response.end();
}

const words = ['Hello ', 'there'];
const call = { id: 'call_up', name: 'add', arguments: ['{"a":', '1}'] };

/** A call of the function that the request has, in the events of the Responses API. */
function callEvents(body: Record<string, unknown>): object[] {
  const { name } = (body.tools as [{ name: string }])[0];
  const item = { type: 'function_call', id: 'fc_up', call_id: call.id, name };
  const place = { item_id: 'fc_up', output_index: 0 };
  const whole = call.arguments.join('');
  return [
    { type: 'response.output_item.added', output_index: 0, item: { ...item, arguments: '' } },
    ...call.arguments.map((delta) => {
      return { type: 'response.function_call_arguments.delta', ...place, delta };
    }),
    { type: 'response.function_call_arguments.done', ...place, name, arguments: whole },
    {
      type: 'response.output_item.done',
      output_index: 0,
      item: { ...item, arguments: whole, status: 'completed' },
    },
  ];
}

function sayChat(response: ServerResponse, manner: Manner, body: Record<string, unknown>): void {
  const delta = (said: object) => say(response, { choices: [{ delta: said }] });
  if (manner === 'call') sayCall(delta, body);
  else for (const content of words) delta({ content });
  if (manner === 'hang') return;
  if (manner === 'fail') say(response, { error: { message: 'secret reason' } });
  if (!['fail', 'break', 'bad image'].includes(manner)) {
    const finish_reason = { limit: 'length', call: 'tool_calls' }[manner as string] ?? 'stop';
    say(response, { choices: [{ delta: {}, finish_reason }] });
    const usage = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 };
    if (manner !== 'uncounted') say(response, { choices: [], usage });
    response.write('data: [DONE]\n\n');
  }
  response.end();
}

function sayCall(delta: (said: object) => void, body: Record<string, unknown>): void {
  const { name } = (body.tools as [{ function: { name: string } }])[0].function;
  const begun = { index: 0, id: call.id, type: 'function', function: { name, arguments: '' } };
  delta({ tool_calls: [begun] });
  for (const more of call.arguments) {
    delta({ tool_calls: [{ index: 0, function: { arguments: more } }] });
  }
}

function say(response: ServerResponse, event: object): void {
  response.write(`data: ${JSON.stringify(event)}\n\n`);
}
