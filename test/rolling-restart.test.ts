import { setTimeout as sleep } from 'node:timers/promises';
import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { adapters, words } from './support/clients.js';
import { pauseBefore, pauses, pools, type PooledClient } from './support/pooled-clients.js';
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

    const stream = async (client: PooledClient, input = words(6)): Promise<void> => {
      const { status, text } = await client.send(`${balancer.url}/v1/responses`, {
        model: 'echo',
        input,
        stream: true,
      });
      if (status !== 200) throw new Error(`stream: ${status} ${text}`);
      if (!text.includes('event: response.completed')) throw new Error('stream: cut');
    };

    const plain = async (client: PooledClient): Promise<void> => {
      const { status } = await client.send(`${balancer.url}/v1/slow?ms=20`);
      if (status !== 200) throw new Error(`plain request: ${status}`);
    };

    /** Replaces both replicas while `ask` is called again and again by every client. */
    const roll = async (ask: (index: number, turn: number) => Promise<void>): Promise<string[]> => {
      let isRolling = true;
      const failures: string[] = [];
      const client = async (index: number): Promise<void> => {
        for (let turn = 0; isRolling || turn < 2; turn += 1) {
          await ask(index, turn).catch((error: unknown) =>
            failures.push(`client ${index}, turn ${turn}: ${String(error)}`),
          );
        }
      };
      const clients = Array.from({ length: clientCount }, (_, index) => client(index));
      for (const old of replicas.splice(0)) {
        const replacement = await startReplica();
        replicas.push(replacement);
        await balancer.add(replacement.port);
        expect(await deletePod(old)).toMatchObject({ status: 'completed', cut: 0, cancelled: 0 });
      }
      isRolling = false;
      await Promise.all(clients);
      return failures;
    };

    test.each(Object.keys(pools) as (keyof typeof pools)[])(
      `law 11: ${clientCount} clients that keep their connection with %s and reuse it see 0 failures`,
      async (name) => {
        const clients = Array.from({ length: clientCount }, pools[name]);
        const served = { plain: 0, streams: 0 };
        const failures = await roll(async (index, turn) => {
          const isStream = (index + turn) % 3 === 0;
          await (isStream ? stream : plain)(clients[index]!);
          served[isStream ? 'streams' : 'plain'] += 1;
          await pauseBefore(pauses[index % pauses.length]!);
        });
        await Promise.all(clients.map((client) => client.close()));
        expect(failures).toEqual([]);
        expect(served.streams).toBeGreaterThan(clientCount);
        expect(served.plain).toBeGreaterThan(clientCount);
        console.info(`${adapter}, ${name}: ${JSON.stringify(served)}, 0 failed`);
      },
    );

    test(`law 11: ${clientCount} clients that send one stream of 3 s after the other see 0 failures`, async () => {
      const clients = Array.from({ length: clientCount }, pools['http.Agent']);
      let streams = 0;
      const failures = await roll(async (index) => {
        await stream(clients[index]!, words(60));
        streams += 1;
      });
      await Promise.all(clients.map((client) => client.close()));
      expect(failures).toEqual([]);
      expect(streams).toBeGreaterThan(2 * clientCount);
      console.info(`${adapter}: ${streams} streams back to back, 0 failed`);
    });
  },
);
