import { status, type ServiceError } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { answerOf, GrpcClient, type Part } from '../libs/nestjs-drain/test/support/stories.js';
import { hasHaproxy, startHaproxy, type Balancer } from './support/haproxy.js';
import { roll, startReplica, type Replica } from './support/rolling.js';

const clientCount = 20;

const available = hasHaproxy || process.env.CI === 'true';
if (!available) console.warn('SKIPPED rolling restart: install the Debian package `haproxy`.');

(available ? describe : describe.skip)('a rolling restart of gRPC behind HAProxy', () => {
  let balancer: Balancer;
  const replicas: Replica[] = [];

  beforeAll(async () => {
    balancer = await startHaproxy();
    replicas.push(...(await Promise.all([startReplica(), startReplica()])));
    for (const { grpcPort } of replicas) await balancer.add(grpcPort);
  });

  afterAll(async () => {
    await Promise.all(replicas.map((replica) => replica.stop()));
    await balancer.stop();
  });

  test(`${clientCount} clients without a retry policy see 0 failed calls and 0 cut streams`, async () => {
    let isRolling = true;
    const failures: string[] = [];
    const served = { unary: 0, streams: 0 };

    const client = async (index: number): Promise<void> => {
      // One connection, for as long as the server lets it.
      const stories = new GrpcClient('Stories', new URL(balancer.url).host);
      for (let turn = 0; isRolling || turn < 2; turn += 1) {
        const fail = (why: unknown) =>
          failures.push(`client ${index}, turn ${turn}: ${String(why)}`);
        if ((index + turn) % 2 === 0) {
          const { messages, status: end } = await answerOf(stories.stream<Part>('Tell'));
          if (end.code !== status.OK) fail(`${end.code} ${end.details}`);
          else if (messages.at(-1)?.text !== 'end') fail('cut');
          else served.streams += 1;
        } else {
          await stories.call('Title').then(
            () => (served.unary += 1),
            (error: unknown) => fail((error as ServiceError).message),
          );
        }
      }
      stories.close();
    };

    const clients = Array.from({ length: clientCount }, (_, index) => client(index));
    const ends = await roll(replicas, balancer, ({ grpcPort }) => grpcPort);
    isRolling = false;
    await Promise.all(clients);

    expect(failures).toEqual([]);
    for (const end of ends) {
      expect(end).toMatchObject({
        report: { status: 'completed', cut: 0, cancelled: 0 },
        exit: { code: 0, signal: null },
      });
    }
    expect(served.streams).toBeGreaterThan(clientCount);
    console.info(`gRPC: ${served.unary} unary calls, ${served.streams} streams, 0 failed`);
  });
});
