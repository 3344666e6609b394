import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createClient } from '@redis/client';
import getPort from 'get-port';
import { Child } from './child.js';

/** What the replicas of a system share. */
export interface Store {
  readonly port: number;
  /** For STORE_URL. */
  readonly url: string;
  /** SIGKILL: what is not on the disk is lost. */
  kill(): Promise<void>;
  /** Starts it again, on the same port and files. */
  run(): Promise<void>;
  /** How many commands or requests it has executed so far. */
  executed(): Promise<number>;
  stop(): Promise<void>;
}

export type StoreKind = 'redis' | 'durable-streams' | 'none';

/** @returns undefined for systems without a store */
export async function startStore(kind: StoreKind): Promise<Store | undefined> {
  if (kind === 'none') return undefined;
  const directory = await mkdtemp(join(tmpdir(), 'compare-resume-'));
  const forget = () => rmSync(directory, { recursive: true, force: true });
  process.once('exit', forget);
  const port = await getPort({ host: '127.0.0.1' });
  const start = kind === 'redis' ? startRedis : startDurableStreams;
  let child = await start(port, directory);
  const scheme = kind === 'redis' ? 'redis' : 'http';
  const url = `${scheme}://127.0.0.1:${port}`;
  return {
    port,
    url,
    kill: () => child.kill(),
    run: async () => void (child = await start(port, directory)),
    executed: () => (kind === 'redis' ? commandsOf(url) : requestsOf(child)),
    stop: async () => {
      await child.kill();
      process.off('exit', forget);
      forget();
    },
  };
}

/** Every confirmed write is on the disk. */
function startRedis(port: number, directory: string): Promise<Child> {
  const place = ['--port', `${port}`, '--bind', '127.0.0.1', '--dir', directory, '--save', ''];
  const durable = ['--appendonly', 'yes', '--appendfsync', 'always'];
  return Child.start(['redis-server', ...place, ...durable], { sign: /Ready to accept/ });
}

function startDurableStreams(port: number, directory: string): Promise<Child> {
  const program = fileURLToPath(new URL('./durable-streams-server.js', import.meta.url));
  const env = { PORT: `${port}`, DIRECTORY: directory };
  return Child.start([process.execPath, program], { sign: /Listening/, env });
}

/** Those inside scripts count, too. */
async function commandsOf(url: string): Promise<number> {
  const client = createClient({ url });
  client.on('error', () => undefined);
  await client.connect();
  const statistics = await client.info('commandstats');
  client.destroy();
  const calls = [...statistics.matchAll(/^cmdstat_(\S+?):calls=(\d+)/gm)];
  return calls
    .filter(([, name]) => !/^(info|hello|client|config)\b/.test(name ?? ''))
    .reduce((sum, [, , count]) => sum + Number(count), 0);
}

async function requestsOf({ process }: Child): Promise<number> {
  const answered = once(process, 'message') as Promise<[number]>;
  process.send('requests');
  const [count] = await answered;
  return count;
}
