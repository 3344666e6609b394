import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { freePort } from '../../../nestjs-drain/test/support/free-port.js';

/** Why the tests that need a Redis server cannot run, or undefined. In CI it is an error instead. */
export const missingRedis = ((): string | undefined => {
  if (!spawnSync('redis-server', ['--version']).error) return undefined;
  const reason = 'redis-server is missing; install the Debian package redis-server';
  if (process.env['CI'] === 'true') throw new Error(reason);
  console.warn(`skipped: ${reason}`);
  return reason;
})();

/** Settings with which a confirmed write survives a SIGKILL. */
export const durable = ['--appendonly', 'yes', '--appendfsync', 'always'];

/** A real server on a free loopback port that keeps its files in a directory of its own. */
export class RedisServer {
  #child: ChildProcess | undefined;

  private constructor(
    readonly port: number,
    private readonly directory: string,
    private readonly settings: readonly string[],
  ) {}

  static async start(...settings: string[]): Promise<RedisServer> {
    const server = await RedisServer.#at(settings);
    await server.run();
    return server;
  }

  static async #at(settings: readonly string[]): Promise<RedisServer> {
    const directory = await mkdtemp(join(tmpdir(), 'nestjs-drain-redis-'));
    return new RedisServer(await freePort(), directory, settings);
  }

  /** A server with what a durable one holds now, which does not run yet: a replica that lags from now on. */
  async copy(): Promise<RedisServer> {
    const copy = await RedisServer.#at(this.settings);
    await cp(this.directory, copy.directory, { recursive: true });
    return copy;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  async run(): Promise<void> {
    const fixed = ['--port', `${this.port}`, '--bind', '127.0.0.1', '--dir', this.directory];
    const child = spawn('redis-server', [...fixed, '--save', '', ...this.settings], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#child = child;
    const lines: string[] = [];
    for await (const line of createInterface(child.stdout)) {
      lines.push(line);
      if (line.includes('Ready to accept connections')) break;
    }
    if (child.exitCode !== null)
      throw new Error(`redis-server did not start:\n${lines.join('\n')}`);
    child.stdout.resume();
  }

  /** SIGSTOP: connections stay open and nothing answers, until SIGCONT. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#child?.kill(signal);
  }

  /** SIGKILL: what was not written to disk is lost. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (!child) return;
    this.#child = undefined;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }

  async stop(): Promise<void> {
    await this.kill();
    await rm(this.directory, { recursive: true, force: true });
  }
}
