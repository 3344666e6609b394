import { UsageError } from '../usage-error.js';
import { exchange } from './exchange.js';
import { Agent } from 'node:http';
import { systemClock } from '../clock.js';
import { fillNumbers } from './http-connection.js';
import { type LoadPlan } from './load-plan.js';

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
    if (load.kind !== 'websocket') await check(load, port, signal);
  }
}

async function check(load: LoadPlan, port: number, signal: AbortSignal): Promise<void> {
  const enough = new AbortController();
  let type = '';
  const agent = new Agent();
  const attempt = await exchange(
    { ...load, ...fill(load), headers: { 'Content-Type': 'application/json', ...load.headers } },
    { port, agent, clock: systemClock(), idleTimeout: load.idleTimeout },
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
  if (signal.aborted) return;
  const request = `${load.method} ${load.path}`;
  if (attempt.ending !== 'closed') {
    const answer = attempt.ending === 'status' ? attempt.status : (attempt.error ?? 'silence');
    throw new UsageError(
      `${request} got ${answer} before the rollout began: name a request that works with --load (now --load "${load.kind}:${request}")`,
    );
  }
  if (load.kind === 'sse' && !type.startsWith('text/event-stream')) {
    throw new UsageError(
      `${request} answered ${type || 'no content type'} instead of text/event-stream: use --load "json:${load.path}" for plain answers`,
    );
  }
}

function fill({ path, body }: LoadPlan) {
  const numbers = { client: 0, id: 0 };
  return {
    path: fillNumbers(path, numbers),
    ...(body === undefined ? {} : { body: fillNumbers(body, numbers) }),
  };
}
