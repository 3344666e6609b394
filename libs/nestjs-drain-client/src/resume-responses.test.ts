import OpenAI from 'openai';
import OpenAINext from 'openai-next';
import { describe, expect, it } from '@jest/globals';
import { expectTypeOf } from 'expect-type';
import { ManualClock } from 'nestjs-drain-resume/testing';
import {
  resumeResponses,
  type ResponseEventOf,
  type ResumeResponsesOptions,
} from './resume-responses.js';

const request = { model: 'echo', input: 'hello' };

function event(sequence: number, last: number): string {
  const type =
    sequence === 0
      ? 'response.created'
      : sequence === last
        ? 'response.completed'
        : 'response.output_text.delta';
  const response = type === 'response.output_text.delta' ? {} : { response: { id: 'resp_1' } };
  return `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: sequence, ...response })}\n\n`;
}

/** A service with one response of `length` events, that breaks each connection as its script says. */
function service(length: number, script: (Response | number | 'silence' | 'reset')[]) {
  const requests: string[] = [];
  const send = (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const { method, url } = new Request(input, init);
    const { pathname, search, searchParams } = new URL(url);
    requests.push(`${method} ${pathname}${search}`);
    const step = script[requests.length - 1] ?? length;
    if (step instanceof Response) return Promise.resolve(step);
    if (step === 'reset') return Promise.reject(new TypeError('fetch failed'));
    const first = Number(searchParams.get('starting_after') ?? -1) + 1;
    return Promise.resolve(stream(first, length, step));
  };
  return { requests, fetch: send };
}

/** Events from `first` on; a number says how many before a clean end. */
function stream(first: number, length: number, step: number | 'silence' | 'reset'): Response {
  const sequences = Array.from({ length: length - first }, (_, index) => first + index);
  const sent = typeof step === 'number' ? sequences.slice(0, step) : sequences.slice(0, 1);
  const body = new ReadableStream({
    start(controller) {
      const encoder = new TextEncoder();
      for (const sequence of sent) controller.enqueue(encoder.encode(event(sequence, length - 1)));
      if (step !== 'silence') controller.close();
    },
  });
  return new Response(body, { headers: { 'Content-Type': 'text/event-stream' } });
}

const failure = (status: number, headers: Record<string, string> = {}) =>
  Response.json({ error: { message: 'no' } }, { status, headers });

describe.each([
  ['6', OpenAI],
  ['7', OpenAINext],
])('resumed responses with the official client %s', (_version, Client) => {
  function setUp(
    { fetch, requests }: ReturnType<typeof service>,
    options: ResumeResponsesOptions = {},
  ) {
    const clock = new ManualClock();
    const client = new Client({
      apiKey: 'key',
      baseURL: 'http://service/v1',
      fetch,
      maxRetries: 0,
    });
    const seen: number[] = [];
    const read = async () => {
      const events = resumeResponses(client as OpenAI, request, { clock, ...options });
      for await (const { sequence_number } of events) seen.push(sequence_number);
    };
    const finish = async () => {
      let outcome: unknown;
      const reading = read().then(
        () => (outcome = 'finished'),
        (error: unknown) => (outcome = error),
      );
      // The client needs turns of its own between two of ours.
      while (outcome === undefined) await clock.advanceAsync(1000);
      await reading;
      return outcome;
    };
    return { clock, requests, seen, read, finish };
  }

  it('bring every event once, however often the stream ends before its terminal event', async () => {
    const { requests, seen, finish } = setUp(service(8, [3, 'reset', 2, 0, 2]));
    expect(await finish()).toBe('finished');
    expect(seen).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(requests).toEqual([
      'POST /v1/responses',
      'GET /v1/responses/resp_1?stream=true&starting_after=2',
      'GET /v1/responses/resp_1?stream=true&starting_after=2',
      'GET /v1/responses/resp_1?stream=true&starting_after=4',
      'GET /v1/responses/resp_1?stream=true&starting_after=4',
      'GET /v1/responses/resp_1?stream=true&starting_after=6',
    ]);
  });

  it('leave a replica that has gone silent', async () => {
    const { seen, finish } = setUp(service(3, ['silence']), { idleTimeout: 2 });
    expect(await finish()).toBe('finished');
    expect(seen).toEqual([0, 1, 2]);
  });

  it('are created again if not one event came', async () => {
    const { requests, seen, finish } = setUp(
      service(3, [failure(503, { 'Retry-After': '1' }), 0, 3]),
    );
    expect(await finish()).toBe('finished');
    expect(seen).toEqual([0, 1, 2]);
    expect(requests).toEqual(Array(3).fill('POST /v1/responses'));
  });

  it.each([400, 404, 410])('give up at once on %i', async (status) => {
    const { requests, seen, finish } = setUp(service(3, [2, failure(status)]));
    expect(await finish()).toMatchObject({ name: 'ResumeFailedError', status, sequence: 1 });
    expect(seen).toEqual([0, 1]);
    expect(requests).toHaveLength(2);
  });

  it('give up after so many tries without an event', async () => {
    const script = [2, ...Array.from({ length: 9 }, () => failure(502))];
    const { requests, finish } = setUp(service(3, script), { attempts: 3 });
    expect(await finish()).toMatchObject({
      message: expect.stringMatching(/3 tries .* HTTP 502/),
      sequence: 1,
    });
    expect(requests).toHaveLength(4);
  });

  it('fail as the client does if nothing was created', async () => {
    const { requests, finish } = setUp(service(3, [failure(401)]));
    expect(await finish()).toBeInstanceOf(Client.AuthenticationError);
    expect(requests).toHaveLength(1);
  });

  it('end with the reason of their signal', async () => {
    const stop = new AbortController();
    const { seen, read } = setUp(service(3, ['silence']), { signal: stop.signal });
    const ended = expect(read()).rejects.toThrow('enough');
    while (seen.length === 0) await new Promise((resolve) => setImmediate(resolve));
    stop.abort(new Error('enough'));
    await ended;
  });
});

it('events have the type that the client gives them', () => {
  expectTypeOf<ResponseEventOf<OpenAI>>().toEqualTypeOf<OpenAI.Responses.ResponseStreamEvent>();
  expectTypeOf<
    ResponseEventOf<OpenAINext>
  >().toEqualTypeOf<OpenAINext.Responses.ResponseStreamEvent>();
});
