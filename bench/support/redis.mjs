import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { createClient } from '@redis/client';
import getPort from 'get-port';

/** Starts a Redis server that keeps nothing on disk, passes it to `use`, and stops it afterwards. */
export async function withRedis(use) {
  const port = await getPort({ host: '127.0.0.1' });
  const options = ['--port', port, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
  const server = spawn('redis-server', options, { stdio: ['ignore', 'pipe', 'inherit'] });
  for await (const line of createInterface(server.stdout)) {
    if (line.includes('Ready to accept')) break;
  }
  server.stdout.resume();
  const client = createClient({ url: `redis://127.0.0.1:${port}` });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await use({ url: `redis://127.0.0.1:${port}`, usage: () => usageOf(client) });
  } finally {
    client.destroy();
    server.kill('SIGKILL');
    await once(server, 'exit');
  }
}

/** Its processor time so far (µs), its scripts, and its commands, those inside of scripts included. */
async function usageOf(client) {
  const cpu = await client.info('cpu');
  const stats = await client.info('commandstats');
  const seconds = ['user', 'sys'].map((part) =>
    Number(new RegExp(`^used_cpu_${part}:([\\d.]+)`, 'm').exec(cpu)[1]),
  );
  const calls = [...stats.matchAll(/^cmdstat_(\S+):calls=(\d+)/gm)]
    .map(([, name, count]) => [name, Number(count)])
    .filter(([name]) => name !== 'info');
  const total = (names) => names.reduce((sum, [, count]) => sum + count, 0);
  return {
    processor: (seconds[0] + seconds[1]) * 1e6,
    scripts: total(calls.filter(([name]) => name === 'evalsha')),
    commands: total(calls),
  };
}
