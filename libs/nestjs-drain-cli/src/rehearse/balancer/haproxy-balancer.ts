import { spawn, type ChildProcess } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import getPort from 'get-port';
import { type Clock } from '../clock.js';
import { disownFolder, killGroup, leadGroup, ownFolder } from '../children/process-group.js';
import { type Endpoint, type Endpoints } from '../pods/endpoints.js';
import { UsageError } from '../usage-error.js';
import { type Balancer, type Connection, type Traffic } from './balancer.js';
import { haproxyConfiguration, type HaproxyMode } from './haproxy-configuration.js';

export interface HaproxyPlan {
  readonly mode: HaproxyMode;
  /** How often a connection that a pod refused is tried again on another. */
  readonly retries: number;
}

/** A real HAProxy in front of the pods, told of every change of the endpoints at run time. */
export class HaproxyBalancer implements Balancer {
  readonly #connections: Connection[] = [];
  readonly #slots: string[] = [];
  #routed = new Set<string>();
  #commands: Promise<unknown> = Promise.resolve();
  readonly #wallStart: number;

  private constructor(
    readonly port: number,
    private readonly folder: string,
    private readonly child: ChildProcess,
    private readonly log: ReturnType<typeof createSocket>,
    clock: Clock,
  ) {
    this.#wallStart = Date.now() - clock.now();
    log.on('message', (line) => this.#record(line.toString()));
  }

  /** @throws UsageError when HAProxy is not installed or does not start. */
  static async open(
    endpoints: Endpoints,
    clock: Clock,
    plan: HaproxyPlan,
    slots: number,
  ): Promise<HaproxyBalancer> {
    const folder = await mkdtemp(join(tmpdir(), 'rehearsal-'));
    ownFolder(folder);
    const log = createSocket('udp4').bind(0, '127.0.0.1');
    await once(log, 'listening');
    const port = await getPort({ host: '127.0.0.1' });
    const configuration = haproxyConfiguration({
      ...plan,
      folder,
      port,
      slots,
      logPort: log.address().port,
    });
    await writeFile(join(folder, 'haproxy.cfg'), configuration);
    const child = spawn('haproxy', ['-db', '-f', join(folder, 'haproxy.cfg')], {
      stdio: ['ignore', 'ignore', 'pipe'],
      detached: true,
    });
    leadGroup(child);
    const balancer = new HaproxyBalancer(port, folder, child, log, clock);
    try {
      await balancer.#listening();
    } catch (error) {
      await balancer.close();
      throw error;
    }
    endpoints.follow((routable) => balancer.#route(routable));
    await balancer.#commands;
    return balancer;
  }

  traffic(): Promise<Traffic> {
    const podNamed = (server: string) => this.#podNamed(server);
    return Promise.resolve({ connections: this.#connections, podNamed, stalls: [] });
  }

  async close(): Promise<void> {
    await this.#commands;
    if (this.child.pid !== undefined && this.child.exitCode === null) {
      const exited = once(this.child, 'exit');
      killGroup(this.child.pid);
      await exited;
    }
    this.log.close();
    await rm(this.folder, { recursive: true, force: true });
    disownFolder(this.folder);
  }

  async #listening(): Promise<void> {
    const complaint = this.child.stderr ? text(this.child.stderr).catch(() => '') : '';
    const ended = new Promise<never>((_, reject) => {
      const fail = (reason: string) =>
        reject(
          new UsageError(
            `HAProxy did not start (${reason.trim()}): install it (Debian: apt-get install haproxy) or use --balancer embedded`,
          ),
        );
      this.child.once('error', (error) => fail(error.message));
      this.child.once('exit', () => void Promise.resolve(complaint).then(fail));
    });
    ended.catch(() => {});
    await Promise.race([ended, this.#accepts()]);
  }

  async #accepts(): Promise<void> {
    for (let attempt = 0; attempt < 200; attempt += 1) {
      const answer = await this.#command('show info').catch(() => undefined);
      if (answer !== undefined) return;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    throw new UsageError('HAProxy did not open its control socket within 5 s');
  }

  #route(routable: readonly Endpoint[]): void {
    const wanted = new Map(routable.map(({ pod, port }) => [pod, port]));
    for (const pod of this.#routed) {
      if (!wanted.has(pod)) this.#enqueue(`set server pods/${this.#server(pod)} state maint`);
    }
    for (const [pod, port] of wanted) {
      if (this.#routed.has(pod)) continue;
      this.#enqueue(`set server pods/${this.#server(pod)} addr 127.0.0.1 port ${port}`);
      this.#enqueue(`set server pods/${this.#server(pod)} state ready`);
    }
    this.#routed = new Set(wanted.keys());
  }

  /** The name of the server that stands for a pod in HAProxy's configuration. */
  #server(pod: string): string {
    if (!this.#slots.includes(pod)) this.#slots.push(pod);
    return `server${this.#slots.indexOf(pod) + 1}`;
  }

  #enqueue(command: string): void {
    this.#commands = this.#commands.then(() => this.#command(command).catch(() => {}));
  }

  async #command(command: string): Promise<string> {
    const socket = connect(join(this.folder, 'control'));
    socket.end(`${command}\n`);
    return text(socket);
  }

  /** Reads one line of the log; HAProxy also logs its own affairs there. */
  #record(line: string): void {
    const match = /^(\d+) (\d+) (\d+) (\S+) (\S\S)\s*$/.exec(line);
    if (!match) return;
    const [, seconds, milliseconds, clientPort, server = '', state = ''] = match;
    const pod = this.#podNamed(server);
    this.#connections.push({
      at: Number(seconds) * 1000 + Number(milliseconds) - this.#wallStart,
      clientPort: Number(clientPort),
      ...(pod === undefined ? {} : { pod }),
      refused: state.startsWith('SC') && pod !== undefined,
    });
  }

  #podNamed(server: string): string | undefined {
    return this.#slots[Number(server.replace('server', '')) - 1];
  }
}
