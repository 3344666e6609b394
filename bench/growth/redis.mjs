import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { createClient, createCluster } from '@redis/client';
import getPort from 'get-port';
import { stopAtExit } from '../support/broken-off.mjs';

const slots = 16_384;

/** Redis servers on free loopback ports: one, or the nodes of a cluster without replicas. */
export class Redis {
  #nodes = [];

  /** Passes the servers to `use`, and stops them afterwards. */
  static async with(nodes, use) {
    const redis = new Redis();
    redis.isCluster = nodes > 1;
    redis.directory = await mkdtemp(join(tmpdir(), 'growth-redis-'));
    try {
      for (let node = 0; node < nodes; node += 1) await redis.#start();
      if (redis.isCluster) await redis.#join();
      return await use(redis);
    } finally {
      for (const { stop, operator } of redis.#nodes) {
        operator?.destroy();
        stop();
      }
      await rm(redis.directory, { recursive: true, force: true });
    }
  }

  get urls() {
    return this.#nodes.map(({ port }) => `redis://127.0.0.1:${port}`);
  }

  /** µs of processor that all nodes have taken, and bytes of data that they hold: no buffers. */
  async usage() {
    const infos = await Promise.all(this.#nodes.map(({ operator }) => operator.info('all')));
    const sum = (field) => infos.reduce((total, info) => total + numberOf(info, field), 0);
    return {
      processor: (sum('used_cpu_user') + sum('used_cpu_sys')) * 1e6,
      memory: sum('used_memory_dataset'),
    };
  }

  async #start() {
    const [port, busPort] = [await freePort(), await freePort()];
    const options = ['--port', port, '--bind', '127.0.0.1', '--dir', this.directory, '--save', ''];
    if (this.isCluster) {
      const file = `nodes-${port}.conf`;
      options.push('--cluster-enabled', 'yes', '--cluster-port', busPort);
      options.push('--cluster-config-file', file, '--cluster-announce-ip', '127.0.0.1');
    }
    const server = spawn('redis-server', options, { stdio: ['ignore', 'pipe', 'inherit'] });
    stopAtExit(server);
    const node = { port, busPort, stop: () => server.kill('SIGKILL') };
    this.#nodes.push(node);
    for await (const line of createInterface(server.stdout)) {
      if (line.includes('Ready to accept')) break;
    }
    server.stdout.resume();
    node.operator = await createClient({ url: `redis://127.0.0.1:${port}` }).connect();
  }

  /** Each node gets its share of the slots, and knows the others. */
  async #join() {
    const share = Math.ceil(slots / this.#nodes.length);
    const [first] = this.#nodes;
    for (const [index, { operator }] of this.#nodes.entries()) {
      const last = Math.min(slots, (index + 1) * share) - 1;
      await operator.sendCommand(['CLUSTER', 'ADDSLOTSRANGE', `${index * share}`, `${last}`]);
      if (index === 0) continue;
      const address = ['127.0.0.1', `${first.port}`, `${first.busPort}`];
      await operator.sendCommand(['CLUSTER', 'MEET', ...address]);
    }
    const isReady = async ({ operator }) => {
      const info = await operator.sendCommand(['CLUSTER', 'INFO']);
      return info.includes('cluster_state:ok');
    };
    for (const node of this.#nodes) while (!(await isReady(node))) await pause(50);
  }
}

/** A client of one server, or of the cluster. */
export async function connect(urls) {
  const client =
    urls.length === 1
      ? createClient({ url: urls[0] })
      : createCluster({ rootNodes: urls.map((url) => ({ url })) });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

const freePort = async () => `${await getPort({ host: '127.0.0.1' })}`;
const numberOf = (info, field) => Number(new RegExp(`^${field}:(\\S+)`, 'm').exec(info)[1]);
