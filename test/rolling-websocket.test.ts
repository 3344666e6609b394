import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { WebSocket } from 'ws';
import { hasHaproxy, startHaproxy, type Balancer } from './support/haproxy.js';
import { roll, startReplica, type Replica } from './support/rolling.js';

const clientCount = 20;

const available = hasHaproxy || process.env.CI === 'true';
if (!available) console.warn('SKIPPED rolling restart: install the Debian package `haproxy`.');

(available ? describe : describe.skip)('a rolling restart of WebSockets behind HAProxy', () => {
  let balancer: Balancer;
  const replicas: Replica[] = [];

  beforeAll(async () => {
    balancer = await startHaproxy();
    replicas.push(...(await Promise.all([startReplica(), startReplica()])));
    for (const { httpPort } of replicas) await balancer.add(httpPort);
  });

  afterAll(async () => {
    await Promise.all(replicas.map((replica) => replica.stop()));
    await balancer.stop();
  });

  test(`${clientCount} clients see 0 refused handshakes, 0 cut replies, and no close but 1012`, async () => {
    let isRolling = true;
    const failures: string[] = [];
    const seen = { replies: 0, told: 0, crossed: 0 };

    /** Until the server ends the connection, or the rollout is over. */
    const talk = async (path: '/chat' | '/feed'): Promise<void> => {
      const socket = new WebSocket(balancer.url.replace('http', 'ws') + path);
      const closed = once(socket, 'close') as Promise<[number]>;
      await once(socket, 'open');
      let received: string[] = [];
      const ask = (): void => {
        received = [];
        socket.send(JSON.stringify({ event: path === '/chat' ? 'tell' : 'follow' }));
      };
      socket.on('message', (bytes: Buffer) => {
        received.push((JSON.parse(bytes.toString()) as { data: string }).data);
        if (received.at(-1) !== 'end') return;
        seen.replies += 1;
        if (isRolling) ask();
        else socket.close(1000);
      });
      ask();
      const [code] = await closed;
      if (code === 1000) return;
      if (code !== 1012) throw new Error(`closed with ${code}`);
      seen.told += 1;
      if (path === '/feed') return;
      if (received.length === 0) seen.crossed += 1;
      else if (received.at(-1) !== 'end') throw new Error(`cut after ${received.join(' ')}`);
    };

    const client = async (index: number): Promise<void> => {
      while (isRolling) {
        const path = index % 2 === 0 ? '/chat' : '/feed';
        await talk(path).catch((error: unknown) =>
          failures.push(`client ${index} on ${path}: ${String(error)}`),
        );
      }
    };

    const chats = Array.from({ length: clientCount / 2 }, (_, index) => client(index * 2));
    // Those that follow the feed hear of the end of the rollout by being told.
    const feeds = Array.from({ length: clientCount / 2 }, (_, index) => client(index * 2 + 1));
    const ends = await roll(replicas, balancer, ({ httpPort }) => httpPort);
    isRolling = false;
    await Promise.all(chats);
    for (const replica of replicas) replica.process.kill('SIGTERM');
    await Promise.all(feeds);

    expect(failures).toEqual([]);
    for (const end of ends) {
      expect(end).toMatchObject({
        report: { status: 'completed', cut: 0, cancelled: 0 },
        exit: { code: 0, signal: null },
      });
    }
    expect(seen.replies).toBeGreaterThan(clientCount);
    expect(seen.told).toBeGreaterThanOrEqual(clientCount);
    console.info(
      `WebSocket: ${seen.replies} replies, ${seen.told} closed with 1012, ` +
        `${seen.crossed} messages crossed the close and were asked again, 0 failed`,
    );
  });
});
