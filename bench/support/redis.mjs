import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { createClient } from '@redis/client';
import getPort from 'get-port';

/** A server without persistence on a free port, for as long as `use` takes. */
export async function withRedis(use) {
  const port = await getPort({ host: '127.0.0.1' });
  const options = ['--port', port, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
  const server = spawn('redis-server', options, { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    for await (const line of createInterface(server.stdout)) {
      if (line.includes('Ready to accept')) break;
    }
    server.stdout.resume();
    return await use(`redis://127.0.0.1:${port}`);
  } finally {
    server.kill('SIGKILL');
  }
}

export async function connect(url) {
  const client = createClient({ url });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

/** µs of processor that the server has used. */
export async function serverProcessor(client) {
  const info = await client.sendCommand(['INFO', 'cpu']);
  const seconds = ['user', 'sys'].map((kind) => new RegExp(`used_cpu_${kind}:(.*)`).exec(info)[1]);
  return seconds.reduce((sum, value) => sum + Number(value) * 1e6, 0);
}
