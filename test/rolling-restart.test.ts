import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { adapters } from './support/clients.js';
import { hasHaproxy, startHaproxy, type Balancer } from './support/haproxy.js';
import { startService, type RunningService } from './support/service.js';

/** How long after a pod's deletion the balancer still sends it new connections, in ms. */
const propagation = 1500;
const clientCount = 60;

const available = hasHaproxy || process.env.CI === 'true';
if (!available) console.warn('SKIPPED rolling restart: install the Debian package `haproxy`.');

(available ? describe : describe.skip).each(adapters)(
  'a rolling restart behind HAProxy on %s',
  (adapter) => {
    let balancer: Balancer;
    let replicas: RunningService[];
    const everything: RunningService[] = [];

    const startReplica = async (): Promise<RunningService> => {
      const replica = await startService({
        env: {
          HTTP_ADAPTER: adapter,
          GRACEFUL_SHUTDOWN_TIMEOUT: '60',
          GRACEFUL_SHUTDOWN_PROPAGATION_DELAY: '5',
          ECHO_TOKENS_PER_SECOND: '20',
        },
      });
      everything.push(replica);
      return replica;
    };

    beforeAll(async () => {
      balancer = await startHaproxy();
      replicas = await Promise.all([startReplica(), startReplica()]);
      for (const { port } of replicas) await balancer.add(port);
    });

    afterAll(async () => {
      await Promise.all(everything.map((replica) => replica.stop()));
      await balancer.stop();
    });

    /** As the kubelet deletes a pod: preStop and endpoint removal in parallel, SIGTERM on the answer. */
    const deletePod = async (pod: RunningService): Promise<unknown> => {
      const removed = sleep(propagation).then(() => balancer.remove(pod.port));
      const hook = await request(`${pod.url}/shutdown/wait`);
      const report: unknown = await hook.body.json();
      pod.process.kill('SIGTERM');
      await removed;
      expect(await pod.exited).toEqual({ code: 0, signal: null });
      return report;
    };

    test(`${clientCount} keep-alive clients see 0 failed requests and 0 cut streams`, async () => {
      let rolling = true;
      const failures: string[] = [];
      const served = { plain: 0, streams: 0 };

      const client = async (index: number): Promise<void> => {
        // One connection per client, kept alive for as long as the server lets it.
        const agent = new Agent({ connections: 1, keepAliveTimeout: 60_000 });
        for (let turn = 0; rolling || turn < 2; turn += 1) {
          const isStream = (index + turn) % 3 === 0;
          await (isStream ? stream(agent) : plain(agent)).then(
            () => (served[isStream ? 'streams' : 'plain'] += 1),
            (error: unknown) => failures.push(`client ${index}, turn ${turn}: ${String(error)}`),
          );
        }
        await agent.close();
      };

      const plain = async (dispatcher: Agent): Promise<void> => {
        const { statusCode, body } = await request(`${balancer.url}/v1/slow?ms=20`, { dispatcher });
        await body.dump();
        if (statusCode !== 200) throw new Error(`plain request: ${statusCode}`);
        await sleep(50);
      };

      const stream = async (dispatcher: Agent): Promise<void> => {
        const { statusCode, body } = await request(`${balancer.url}/v1/responses`, {
          dispatcher,
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({
            model: 'echo',
            input: 'one two three four five six',
            stream: true,
          }),
        });
        const text = await body.text();
        if (statusCode !== 200) throw new Error(`stream: ${statusCode} ${text}`);
        if (!text.includes('event: response.completed')) throw new Error('stream: cut');
      };

      const clients = Array.from({ length: clientCount }, (_, index) => client(index));
      for (const old of replicas) {
        const replacement = await startReplica();
        await balancer.add(replacement.port);
        expect(await deletePod(old)).toMatchObject({ status: 'completed', cut: 0, cancelled: 0 });
      }
      rolling = false;
      await Promise.all(clients);

      expect(failures).toEqual([]);
      expect(served.streams).toBeGreaterThan(clientCount);
      expect(served.plain).toBeGreaterThan(clientCount);
      console.info(`${adapter}: ${served.plain} requests, ${served.streams} streams, 0 failed`);
    });
  },
);
