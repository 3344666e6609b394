import { describe, expect, it } from '@jest/globals';
import { ManualClock } from 'nestjs-drain-resume/testing';
import { resumingFetch, type ResumingFetchOptions } from './resuming-fetch.js';

type Answer = (request: Request) => Response | Promise<Response>;

interface CancelSubject {
  /** How the body ends behind its events. Default: cleanly. */
  readonly then?: 'break' | 'silence';
  readonly headers?: Record<string, string>;
}

/** A stream of numbered words, in the order given. */
function words(numbers: number[], { then, headers = {} }: CancelSubject = {}): Response {
  const encoder = new TextEncoder();
  let sent = 0;
  const body = new ReadableStream({
    pull(controller) {
      const number = numbers[sent++];
      if (number !== undefined) {
        controller.enqueue(encoder.encode(`id: s:${number}\ndata: word ${number}\n\n`));
      } else if (then === 'break') controller.error(new TypeError('terminated'));
      else if (then === undefined) controller.close();
      else return new Promise(() => undefined);
      return undefined;
    },
  });
  return new Response(body, { headers: { 'Content-Type': 'text/event-stream', ...headers } });
}

const events =
  (...texts: string[]) =>
  () =>
    new Response(texts.map((text) => `${text}\n\n`).join(''), {
      headers: { 'Content-Type': 'text/event-stream' },
    });
const refuse = (status: number, headers: Record<string, string> = {}) =>
  new Response('no', { status, headers });
const finished = () => new Response(null, { status: 204 });
const unreachable = (): Promise<Response> => Promise.reject(new TypeError('fetch failed'));

function setUp(answers: Answer[], options: ResumingFetchOptions = {}, init: RequestInit = {}) {
  const clock = new ManualClock();
  const requests: { method: string; url: string; position: string | null; at: number }[] = [];
  const seen: string[] = [];
  const send: typeof fetch = (input, requestInit) => {
    const request = new Request(input, requestInit);
    const { method, url, headers } = request;
    requests.push({ method, url, position: headers.get('Last-Event-ID'), at: clock.now() });
    const answer = answers[requests.length - 1] ?? answers.at(-1);
    return Promise.resolve(answer?.(request) ?? finished());
  };
  const run = async () => {
    const stream = resumingFetch('http://service/words', init, { fetch: send, clock, ...options });
    for await (const event of stream) seen.push(event.data);
  };
  /** Runs to the end, in as much time as it takes. */
  const finish = async () => {
    const outcome = run().then(
      () => 'finished' as const,
      (error: unknown) => error,
    );
    await clock.advanceAsync(600_000);
    return outcome;
  };
  return { clock, requests, seen, run, finish };
}

const count = (end: number) => Array.from({ length: end }, (_, number) => `word ${number}`);

describe('resuming fetch', () => {
  it('goes on behind the last event after every loss, until there is nothing more', async () => {
    const { requests, seen, finish } = setUp([
      () => words([0, 1], { then: 'break' }),
      unreachable,
      () => words([2]),
      () => words([3]),
      finished,
    ]);
    expect(await finish()).toBe('finished');
    expect(seen).toEqual(count(4));
    expect(requests.map((request) => request.position)).toEqual([null, 's:1', 's:1', 's:2', 's:3']);
  });

  it('leaves out what it has seen', async () => {
    const { seen, finish } = setUp([
      () => words([0, 1, 2], { then: 'break' }),
      () => words([1, 2, 3]),
      finished,
    ]);
    expect(await finish()).toBe('finished');
    expect(seen).toEqual(count(4));
  });

  it('passes on what has no id of its own, such as a farewell, and goes on behind the last id', async () => {
    const farewell = events('id: s:0\ndata: word 0', 'event: shutdown\ndata: incomplete');
    const { requests, seen, finish } = setUp([farewell, () => words([1]), finished]);
    expect(await finish()).toBe('finished');
    expect(seen).toEqual(['word 0', 'incomplete', 'word 1']);
    expect(requests.map((request) => request.position)).toEqual([null, 's:0', 's:1']);
  });

  it('gives up on a server that says nothing but farewell', async () => {
    const repeated = events('id: s:0\ndata: word 0', 'event: shutdown\ndata: incomplete');
    const { requests, finish } = setUp([() => words([0]), repeated], { attempts: 3 });
    expect(await finish()).toMatchObject({ name: 'ResumeFailedError', sequence: 0 });
    expect(requests).toHaveLength(4);
  });

  it('asks again for what is missing, and never gives what follows a gap', async () => {
    const { requests, seen, finish } = setUp([() => words([0, 2]), () => words([1, 2]), finished]);
    expect(await finish()).toBe('finished');
    expect(seen).toEqual(count(3));
    expect(requests[1]?.position).toBe('s:0');
  });

  it('gives up on a gap that stays', async () => {
    const { seen, finish } = setUp([() => words([0]), () => words([2])], { attempts: 3 });
    expect(await finish()).toMatchObject({
      name: 'ResumeFailedError',
      message: expect.stringContaining('event 2 came where 1 was expected'),
      sequence: 0,
    });
    expect(seen).toEqual(count(1));
  });

  it('ends with the terminal event and asks for nothing behind it', async () => {
    const { requests, seen, finish } = setUp([() => words([0, 1], { then: 'silence' })], {
      isTerminal: (event) => event.data === 'word 1',
    });
    expect(await finish()).toBe('finished');
    expect(seen).toEqual(count(2));
    expect(requests).toHaveLength(1);
  });

  it('takes silence for a loss', async () => {
    const answers = [() => words([0], { then: 'silence' }), () => words([1]), finished];
    const { requests, seen, finish } = setUp(answers, { idleTimeout: 2 });
    expect(await finish()).toBe('finished');
    expect(seen).toEqual(count(2));
    expect(requests[1]?.at).toBeGreaterThanOrEqual(2000);
    expect(requests[1]?.at).toBeLessThan(2300);
  });

  it('takes a replica that accepts and says nothing for a loss', async () => {
    const hanging = () => new Promise<Response>(() => undefined);
    const answers = [() => words([0], { then: 'break' }), hanging, () => words([1]), finished];
    const { seen, finish } = setUp(answers, { idleTimeout: 2 });
    expect(await finish()).toBe('finished');
    expect(seen).toEqual(count(2));
  });

  it('gives up after so many tries without an event, and says why', async () => {
    const { requests, finish } = setUp([() => words([0], { then: 'break' }), () => refuse(502)], {
      attempts: 4,
    });
    expect(await finish()).toMatchObject({
      name: 'ResumeFailedError',
      message: expect.stringMatching(/4 tries .* HTTP 502/),
      sequence: 0,
    });
    expect(requests).toHaveLength(5);
  });

  it('counts tries anew after every event', async () => {
    const losses = Array.from({ length: 30 }, (_, number) => () => words([number]));
    const { seen, finish } = setUp([...losses, finished], { attempts: 1 });
    expect(await finish()).toBe('finished');
    expect(seen).toEqual(count(30));
  });

  it.each([400, 401, 403, 404, 410])('gives up at once on %i', async (status) => {
    const { requests, seen, finish } = setUp([() => words([0]), () => refuse(status)]);
    expect(await finish()).toMatchObject({ name: 'ResumeFailedError', status, sequence: 0 });
    expect(seen).toEqual(count(1));
    expect(requests).toHaveLength(2);
  });

  it('tells a wrong address from a stream that is lost', async () => {
    const wrong = setUp([() => refuse(404)]);
    expect(await wrong.finish()).toMatchObject({
      message: 'HTTP 404: nothing is at this address; check it.',
    });
    const lost = setUp([() => words([0]), () => refuse(404)]);
    const resumed = setUp([() => refuse(404)], { after: { id: 's:4', sequence: 4 } });
    for (const { finish } of [lost, resumed]) {
      expect(await finish()).toMatchObject({ message: expect.stringContaining('unknown') });
    }
  });

  it.each([
    [{ idleTimeout: 0 }, '`idleTimeout` is 0; set a number of seconds above 0'],
    [{ idleTimeout: 3e6 }, '`idleTimeout` is 3000000; set'],
    [{ shortestPause: -1 }, '`shortestPause` is -1; set a number of seconds from 0'],
    [{ longestPause: Infinity }, '`longestPause` is Infinity; set'],
    [{ attempts: 1.5 }, '`attempts` is 1.5; set a whole number'],
  ])('refuses %j at once', (options, message) => {
    expect(() => resumingFetch('http://localhost/', {}, options)).toThrow(message);
  });

  it('says why there was no connection', async () => {
    const cause = new Error('connect ECONNREFUSED 127.0.0.1:1');
    const refused = () => Promise.reject(new TypeError('fetch failed', { cause }));
    const { finish } = setUp([refused], { attempts: 1 });
    expect(await finish()).toMatchObject({
      message:
        'Gave up after 1 tries without an event; the last one: no connection (fetch failed: ' +
        'connect ECONNREFUSED 127.0.0.1:1).',
    });
  });

  it('gives up on an answer that is no event stream', async () => {
    const { finish } = setUp([
      () => new Response('{}', { headers: { 'Content-Type': 'text/html' } }),
    ]);
    expect(await finish()).toMatchObject({
      message: expect.stringContaining('text/html'),
    });
  });

  it('pauses longer with every failure, and never all clients alike', async () => {
    const { requests, finish } = setUp([() => refuse(500)], { attempts: 8, longestPause: 4 });
    await finish();
    const pauses = requests.slice(1).map(({ at }, index) => at - (requests[index]?.at ?? 0));
    for (const [index, pause] of pauses.entries()) {
      const full = Math.min(250 * 2 ** index, 4000);
      expect(pause).toBeGreaterThanOrEqual(full / 2);
      expect(pause).toBeLessThanOrEqual(full);
    }
    expect(new Set(pauses).size).toBeGreaterThan(4);
  });

  it('waits as long as Retry-After says, within reason', async () => {
    const { requests, finish } = setUp([
      () => refuse(503, { 'Retry-After': '3' }),
      () => refuse(503, { 'Retry-After': '9999' }),
      () => words([0]),
      finished,
    ]);
    expect(await finish()).toBe('finished');
    const [first, second] = [requests[1]?.at ?? 0, requests[2]?.at ?? 0];
    expect(first).toBeGreaterThanOrEqual(3000);
    expect(first).toBeLessThanOrEqual(3750);
    expect(second - first).toBeGreaterThanOrEqual(60_000);
    expect(second - first).toBeLessThanOrEqual(75_000);
  });

  it('comes back no sooner than retry: says', async () => {
    const body = 'retry: 5000\nid: 0\ndata: word 0\n\n';
    const headers = { 'Content-Type': 'text/event-stream' };
    const { requests, finish } = setUp([() => new Response(body, { headers }), finished]);
    expect(await finish()).toBe('finished');
    expect(requests[1]?.at).toBeGreaterThanOrEqual(5000);
  });

  it('names the position in the query if that is what the server reads', async () => {
    const { requests, finish } = setUp([() => words([0, 1]), finished], {
      position: 'starting_after',
      resumeUrl: () => 'http://service/words/7?stream=true#part',
    });
    await finish();
    expect(requests[1]).toMatchObject({
      url: 'http://service/words/7?stream=true&starting_after=1#part',
      position: null,
    });
  });

  it('begins where an earlier read ended', async () => {
    const after = { id: 's:4', sequence: 4 };
    const { requests, seen, finish } = setUp([() => words([4, 5]), finished], { after });
    expect(await finish()).toBe('finished');
    expect(seen).toEqual(['word 5']);
    expect(requests[0]?.position).toBe('s:4');
  });

  it('ends with the reason of the signal, wherever it stands', async () => {
    for (const answer of [() => words([0], { then: 'silence' }), () => refuse(503)]) {
      const stop = new AbortController();
      const { clock, run } = setUp([answer], {}, { signal: stop.signal });
      const ended = expect(run()).rejects.toThrow('enough');
      await clock.advanceAsync(1);
      stop.abort(new Error('enough'));
      await ended;
      expect(clock.pending).toBe(0);
    }
  });

  it('closes the connection when the loop is left', async () => {
    let signal: AbortSignal | undefined;
    const send: typeof fetch = (_input, init) => {
      signal = init?.signal ?? undefined;
      return Promise.resolve(words([0], { then: 'silence' }));
    };
    for await (const event of resumingFetch('http://service', {}, { fetch: send })) {
      expect(event.data).toBe('word 0');
      break;
    }
    expect(signal?.aborted).toBe(true);
  });
});

describe('resuming fetch of a POST', () => {
  const post = { method: 'POST', body: '{}', headers: { 'Content-Type': 'application/json' } };
  const created = () =>
    words([0], { then: 'break', headers: { 'Content-Location': 'http://service/words/7' } });

  it('asks for the rest where the answer said', async () => {
    const { requests, seen, finish } = setUp([created, () => words([1]), finished], {}, post);
    expect(await finish()).toBe('finished');
    expect(seen).toEqual(count(2));
    expect(requests[1]).toMatchObject({
      method: 'GET',
      url: 'http://service/words/7',
      position: 's:0',
    });
  });

  it('is repeated if it was refused, not if the server may have processed it', async () => {
    const refused = setUp([() => refuse(503), created, finished], {}, post);
    expect(await refused.finish()).toBe('finished');
    const failed = setUp([unreachable], {}, post);
    expect(await failed.finish()).toMatchObject({
      message: expect.stringContaining('Idempotency-Key'),
    });
    expect(failed.requests).toHaveLength(1);
    const broken = setUp([() => refuse(502)], {}, post);
    expect(await broken.finish()).toMatchObject({ status: 502 });
  });

  it('is repeated after a failure if it has an idempotency key', async () => {
    const headers = { ...post.headers, 'Idempotency-Key': 'k' };
    const { requests, finish } = setUp([unreachable, created, finished], {}, { ...post, headers });
    expect(await finish()).toBe('finished');
    expect(requests.map((request) => request.method)).toEqual(['POST', 'POST', 'GET']);
  });

  it('is asked again while the first request with its key is being worked on', async () => {
    const headers = { ...post.headers, 'Idempotency-Key': 'k' };
    const keyed = setUp([() => refuse(409), created, finished], {}, { ...post, headers });
    expect(await keyed.finish()).toBe('finished');
    const bare = setUp([() => refuse(409)], {}, post);
    expect(await bare.finish()).toMatchObject({ status: 409 });
  });

  it.each([404, 405])('names a route that takes no GET as a cause of %i', async (status) => {
    const { finish } = setUp([created, () => refuse(status)], {}, post);
    const remedy = expect.stringContaining('@Sse(path, { method: RequestMethod.ALL })');
    expect(await finish()).toMatchObject({ status, message: remedy });
    // A GET has worked before.
    const later = setUp(
      [created, () => words([1], { then: 'break' }), () => refuse(status)],
      {},
      post,
    );
    expect(await later.finish()).toMatchObject({
      status,
      message: expect.not.stringContaining('@Sse'),
    });
  });

  it('says what is missing if the rest cannot be asked for', async () => {
    const { finish } = setUp([() => words([0], { then: 'break' })], {}, post);
    expect(await finish()).toMatchObject({
      message: expect.stringContaining('Content-Location'),
      sequence: 0,
    });
  });
});
