import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { createClient } from '@redis/client';
import getPort from 'get-port';
import { stopAtExit } from './broken-off.mjs';

/** A server without persistence on a free port, for as long as `use` takes. */
export async function withRedis(use) {
  const port = await getPort({ host: '127.0.0.1' });
  const options = ['--port', port, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
  const server = spawn('redis-server', options, { stdio: ['ignore', 'pipe', 'inherit'] });
  stopAtExit(server);
  try {
    for await (const line of createInterface(server.stdout)) {
      if (line.includes('Ready to accept')) break;
    }
    server.stdout.resume();
    return await use(`redis://127.0.0.1:${port}`);
  } finally {
    server.kill('SIGKILL');
    await once(server, 'exit');
  }
}

export async function connect(url) {
  const client = createClient({ url });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

/** Without the client's own timeout, as the library sends: it costs an AbortSignal for each command. */
export const sendBare = (client, command) => client.sendCommand(command, { timeout: 0 });

/** µs of processor that the server has used. */
export async function serverProcessor(client) {
  const info = await client.sendCommand(['INFO', 'cpu']);
  const seconds = ['user', 'sys'].map((kind) => new RegExp(`used_cpu_${kind}:(.*)`).exec(info)[1]);
  return seconds.reduce((sum, value) => sum + Number(value) * 1e6, 0);
}

/** What the server has done so far: its processor time (µs), its scripts, and its commands, those inside of scripts too. */
export async function usageOf(client) {
  const stats = await client.sendCommand(['INFO', 'commandstats']);
  const calls = [...stats.matchAll(/^cmdstat_(\S+):calls=(\d+)/gm)]
    .map(([, name, count]) => [name, Number(count)])
    .filter(([name]) => name !== 'info');
  const total = (list) => list.reduce((sum, [, count]) => sum + count, 0);
  return {
    processor: await serverProcessor(client),
    scripts: total(calls.filter(([name]) => name === 'evalsha')),
    commands: total(calls),
  };
}
