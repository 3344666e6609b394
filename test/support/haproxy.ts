import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../libs/nestjs-drain/test/support/free-port.js';

export const hasHaproxy = spawnSync('haproxy', ['-v']).status === 0;

/** A TCP balancer whose endpoints come and go as a Service's do. */
export interface Balancer {
  readonly url: string;
  /** Sends new connections to this port as well. */
  add(port: number): Promise<void>;
  /** Sends it no new connections. Those it has stay, as kube-proxy leaves them. */
  remove(port: number): Promise<void>;
  stop(): Promise<void>;
}

const slots = Array.from({ length: 12 }, (_, index) => `slot${index}`);

/** @param idle how long a connection may be silent before it is cut */
export async function startHaproxy({ idle = '5m' } = {}): Promise<Balancer> {
  const directory = mkdtempSync(join(tmpdir(), 'haproxy-'));
  const socket = join(directory, 'admin.sock');
  const port = await freePort();
  writeFileSync(join(directory, 'haproxy.cfg'), configuration(socket, port, idle));
  const child = spawn('haproxy', ['-db', '-f', join(directory, 'haproxy.cfg')], {
    stdio: 'ignore',
  });
  const free = [...slots];
  const used = new Map<number, string>();
  const command = (line: string): Promise<void> => tell(socket, line);
  await listening(port);
  return {
    url: `http://127.0.0.1:${port}`,
    async add(endpoint) {
      const slot = free.shift();
      if (!slot) throw new Error(`more than ${slots.length} endpoints`);
      used.set(endpoint, slot);
      await command(`set server pods/${slot} addr 127.0.0.1 port ${endpoint}`);
      await command(`set server pods/${slot} state ready`);
    },
    async remove(endpoint) {
      const slot = used.get(endpoint);
      await command(`set server pods/${slot} state maint`);
    },
    async stop() {
      child.kill('SIGKILL');
      await once(child, 'close');
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

function configuration(socket: string, port: number, idle: string): string {
  return [
    'global',
    `  stats socket ${socket} level admin`,
    'defaults',
    '  mode tcp',
    '  timeout connect 2s',
    `  timeout client ${idle}`,
    `  timeout server ${idle}`,
    'frontend service',
    `  bind 127.0.0.1:${port}`,
    '  default_backend pods',
    'backend pods',
    '  balance roundrobin',
    ...slots.map((slot) => `  server ${slot} 127.0.0.1:1 disabled`),
    '',
  ].join('\n');
}

async function tell(socket: string, line: string): Promise<void> {
  const connection = connect(socket);
  connection.end(`${line}\n`);
  let answer = '';
  for await (const chunk of connection) answer += String(chunk);
  if (/unknown|no such|failed|require/i.test(answer)) throw new Error(`haproxy: ${answer.trim()}`);
}

async function listening(port: number): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const connection = connect(port, '127.0.0.1');
    const [answer] = (await Promise.race([
      once(connection, 'connect').then(() => ['yes']),
      once(connection, 'close').then(() => ['no']),
    ]).catch(() => ['no'])) as [string];
    connection.destroy();
    if (answer === 'yes') return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error('haproxy did not listen');
}
