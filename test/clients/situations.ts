import { expect } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { RoundRobin } from '../support/round-robin.js';
import { startService, type RunningService } from '../support/service.js';
import { eventually } from '../../testing/eventually.js';

/** Two replicas behind a balancer, which knows the first one. */
export interface Scene {
  readonly path: RoundRobin;
  readonly victim: RunningService;
  readonly heir: RunningService;
}

/** What happens to a replica while its clients read, or are about to ask. */
export interface Situation {
  readonly name: string;
  /** What the table's legend says of it. */
  readonly explanation: string;
  readonly env: Readonly<Record<string, string>>;
  readonly needsStore: boolean;
  /** Before the clients ask. */
  readonly before?: (scene: Scene) => Promise<void>;
  /** Once they read. */
  readonly during?: (scene: Scene) => Promise<void>;
}

/** What the endpoints of a Service do when a pod is deleted: the next connection goes to the other one. */
function moveOn({ path, victim, heir }: Scene): void {
  path.add(heir.port);
  path.remove(victim.port);
}

function terminate(scene: Scene): Promise<void> {
  moveOn(scene);
  scene.victim.process.kill('SIGTERM');
  return Promise.resolve();
}

const timeout = (seconds: string) => ({ GRACEFUL_SHUTDOWN_TIMEOUT: seconds });

export const situations: readonly Situation[] = [
  {
    name: 'normal',
    explanation: 'nothing happens',
    env: {},
    needsStore: false,
  },
  {
    name: 'SIGTERM',
    explanation: 'the replica is terminated and has time for its answers',
    env: timeout('60'),
    needsStore: false,
    during: terminate,
  },
  {
    name: 'deadline',
    explanation: 'it has no time for them, and no other replica sees its store',
    env: timeout('0.3'),
    needsStore: false,
    during: terminate,
  },
  {
    name: 'deadline, store',
    explanation: 'it has no time for them, and hands them to the replicas on its store',
    env: timeout('0.3'),
    needsStore: true,
    during: terminate,
  },
  {
    name: 'SIGKILL, store',
    explanation: 'it is killed; the others on its store notice it when its lease is over',
    env: {},
    needsStore: true,
    during: async (scene) => {
      moveOn(scene);
      await scene.victim.stop();
    },
  },
  {
    name: 'new while draining',
    explanation: 'the request comes while the replica drains, before the balancer knows it',
    env: timeout('60'),
    needsStore: false,
    before: drainOccupied,
    during: (scene) => Promise.resolve(moveOn(scene)),
  },
];

/** It drains, and has an answer left that keeps it from going. */
async function drainOccupied({ victim }: Scene): Promise<void> {
  const metadata = { tokens_per_second: '0.001' };
  const body = JSON.stringify({ input: 'a', stream: true, metadata });
  const headers = { 'content-type': 'application/json' };
  await fetch(`${victim.url}/v1/responses`, { method: 'POST', headers, body });
  victim.process.kill('SIGTERM');
  await eventually(async () => expect((await fetch(`${victim.url}/ready`)).status).toBe(503));
}

/** Milliseconds that clients have to ask and to read a few words. */
const lead = 1500;

/** Lets `ask` meet the situation. */
export async function stage<Result>(
  { env, needsStore, before, during }: Situation,
  store: string,
  ask: (url: string) => Promise<Result>,
): Promise<Result> {
  const shared = needsStore ? { STORE_URL: store, RESUME_LEASE: '1' } : {};
  const launch = () => startService({ env: { ECHO_TOKENS_PER_SECOND: '12', ...shared, ...env } });
  const [victim, heir] = await Promise.all([launch(), launch()]);
  const path = await RoundRobin.start(victim.port);
  try {
    await before?.({ path, victim, heir });
    const asked = ask(path.url);
    await sleep(lead);
    await during?.({ path, victim, heir });
    return await asked;
  } finally {
    await path.stop();
    await Promise.all([victim.stop(), heir.stop()]);
  }
}
