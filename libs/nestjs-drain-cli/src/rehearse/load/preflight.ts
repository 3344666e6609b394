import { Agent } from 'node:http';
import { WebSocket } from 'ws';
import { systemClock } from '../clock.js';
import { UsageError } from '../usage-error.js';
import { exchange } from './exchange.js';
import { fillNumbers } from './http-connection.js';
import { type LoadPlan } from './load-plan.js';
import { type Attempt } from './stream.js';

/**
 * Sends one request of each load before anything is measured: a wrong path should not look like a loss.
 * @throws UsageError when a request is not answered as its load expects.
 */
export async function preflight(
  loads: readonly LoadPlan[],
  port: number,
  signal: AbortSignal,
): Promise<void> {
  for (const load of loads) {
    if (load.kind === 'websocket') await checkSocket(load, port, signal);
    else await check(load, port, signal);
  }
}

/**
 * The load for a service of which nothing is said: what `GET /` answers.
 * @throws UsageError when it answers nothing that can be rehearsed.
 */
export async function discover(
  defaults: Omit<LoadPlan, 'kind' | 'method' | 'path'>,
  port: number,
  signal: AbortSignal,
): Promise<LoadPlan> {
  const load: LoadPlan = { ...defaults, kind: 'json', method: 'GET', path: '/' };
  const { attempt, type } = await ask(load, port, signal);
  if (attempt.ending === 'closed') {
    return type.startsWith('text/event-stream') ? { ...load, kind: 'sse' } : load;
  }
  throw new UsageError(
    `GET / got ${answerOf(attempt)}, so there is nothing to rehearse yet: name a request that works, ` +
      'such as --load post:/v1/responses --body body.json, --load sse:/events or --load json:/health',
  );
}

async function check(load: LoadPlan, port: number, signal: AbortSignal): Promise<void> {
  const { attempt, type } = await ask(load, port, signal);
  if (signal.aborted) return;
  const request = `${load.method} ${load.path}`;
  if (attempt.ending !== 'closed') {
    throw new UsageError(
      `${request} got ${answerOf(attempt)} before the rollout began: name a request that works with --load (now --load "${load.kind}:${request}")`,
    );
  }
  if (load.kind === 'sse' && !type.startsWith('text/event-stream')) {
    throw new UsageError(
      `${request} answered ${type || 'no content type'} instead of text/event-stream: use --load "json:${load.path}" for plain answers`,
    );
  }
}

/** Sends the request and leaves as soon as the head of a good answer is there: it is then `closed`. */
async function ask(load: LoadPlan, port: number, signal: AbortSignal) {
  const enough = new AbortController();
  let type = '';
  const agent = new Agent();
  const attempt = await exchange(
    { ...load, ...fill(load), headers: { 'Content-Type': 'application/json', ...load.headers } },
    { port, agent, clock: systemClock(), idleTimeout: load.idleTimeout, kept: false },
    {
      head: (response) => {
        type = response.headers['content-type'] ?? '';
        enough.abort();
      },
      data: () => {},
    },
    AbortSignal.any([signal, enough.signal]),
  );
  agent.destroy();
  return { attempt, type };
}

async function checkSocket(load: LoadPlan, port: number, signal: AbortSignal): Promise<void> {
  const path = fillNumbers(load.path, { client: 0, id: 0 });
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, {
    headers: load.headers,
    handshakeTimeout: load.idleTimeout,
  });
  const stop = () => socket.terminate();
  signal.addEventListener('abort', stop);
  const failure = await new Promise<string | undefined>((resolve) => {
    socket
      .on('open', () => resolve(undefined))
      .on('unexpected-response', (_, { statusCode }) => resolve(String(statusCode)))
      .on('error', ({ message }) => resolve(message))
      .on('close', () => resolve('a close'));
  });
  signal.removeEventListener('abort', stop);
  socket.terminate();
  if (failure === undefined || signal.aborted) return;
  throw new UsageError(
    `The WebSocket ${load.path} got ${failure} before the rollout began: name a path that accepts WebSockets with --load "websocket:/path" (and what it needs with --header)`,
  );
}

function answerOf({ ending, status, error }: Attempt): string {
  return ending === 'status' ? String(status) : (error ?? 'silence');
}

function fill({ path, body }: LoadPlan) {
  const numbers = { client: 0, id: 0 };
  return {
    path: fillNumbers(path, numbers),
    ...(body === undefined ? {} : { body: fillNumbers(body, numbers) }),
  };
}
