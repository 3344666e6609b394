import { setTimeout as sleep } from 'node:timers/promises';
import {
  startFixture,
  type FixtureProcess,
} from '../../libs/nestjs-drain/test/support/fixture-process.js';
import { freePort } from '../../libs/nestjs-drain/test/support/free-port.js';
import { storiesProto } from '../../libs/nestjs-drain/test/support/stories.js';
import type { Balancer } from './haproxy.js';

/** How long after a pod's deletion the balancer still sends it new connections, in ms. */
const propagation = 700;

/** A replica that serves HTTP, WebSocket and gRPC. */
export interface Replica extends FixtureProcess {
  readonly url: string;
  readonly httpPort: number;
  readonly grpcPort: number;
}

export async function startReplica(): Promise<Replica> {
  const grpcPort = await freePort();
  const env = { GRPC_URL: `127.0.0.1:${grpcPort}`, PROTO: storiesProto };
  const fixture = await startFixture('rolling', env);
  await fixture.printed('listening');
  const [, url = ''] = /listening on (\S+)/.exec(fixture.output()) ?? [];
  return { ...fixture, url, grpcPort, httpPort: Number(new URL(url).port) };
}

/** As the kubelet deletes a pod: preStop and endpoint removal in parallel, SIGTERM on the answer. */
export async function deletePod(pod: Replica, remove: () => Promise<void>): Promise<unknown> {
  const removed = sleep(propagation).then(remove);
  const report: unknown = await (await fetch(`${pod.url}/shutdown/wait`)).json();
  pod.process.kill('SIGTERM');
  await removed;
  return { report, exit: await pod.exited };
}

/** Replaces each replica by a new one, and returns what each deletion came to. */
export async function roll(
  replicas: Replica[],
  balancer: Balancer,
  portOf: (replica: Replica) => number,
): Promise<unknown[]> {
  const ends: unknown[] = [];
  for (const old of [...replicas]) {
    const replacement = await startReplica();
    replicas.push(replacement);
    await balancer.add(portOf(replacement));
    ends.push(await deletePod(old, () => balancer.remove(portOf(old))));
  }
  return ends;
}
