import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import getPort from 'get-port';

/** What the replicas write their answers to, so that another one can go on. */
export interface Store {
  /** For STORE_URL. */
  readonly url: string;
  stop(): Promise<void>;
}

export const hasRedisServer = spawnSync('redis-server', ['--version']).error === undefined;

/** Starts a Redis of its own on a free loopback port. It keeps nothing on disk. */
export async function startStore(): Promise<Store> {
  const port = await getPort({ host: '127.0.0.1' });
  const options = ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
  const child = spawn('redis-server', options, { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  const ready = new Promise<void>((resolve) => {
    createInterface(child.stdout).on('line', (line) => {
      if (line.includes('Ready to accept connections')) resolve();
    });
  });
  await Promise.race([ready, exited]);
  if (child.exitCode !== null) throw new Error(`redis-server exited with ${child.exitCode}`);
  return {
    url: `redis://127.0.0.1:${port}`,
    async stop() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}
