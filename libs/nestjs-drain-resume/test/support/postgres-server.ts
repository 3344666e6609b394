import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { chown, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { freePort } from '../../../nestjs-drain/test/support/free-port.js';
import { eventually } from '../../../../testing/eventually.js';

/** Debian keeps the server's programs out of the PATH, by version. */
const debian = '/usr/lib/postgresql';

function findPrograms(): string | undefined {
  const versions = existsSync(debian) ? readdirSync(debian) : [];
  const folders = versions
    .sort((one, other) => Number(other) - Number(one))
    .map((version) => join(debian, version, 'bin'));
  const paths = (process.env['PATH'] ?? '').split(':');
  return [...folders, ...paths].find((folder) => existsSync(join(folder, 'initdb')));
}

const programs = findPrograms();

/** Why the tests that need a PostgreSQL server cannot run, or undefined. In CI it is an error instead. */
export const missingPostgres = ((): string | undefined => {
  if (programs !== undefined) return undefined;
  const reason = 'PostgreSQL is missing; install the Debian package postgresql';
  if (process.env['CI'] === 'true') throw new Error(reason);
  console.warn(`skipped: ${reason}`);
  return reason;
})();

/** PostgreSQL refuses to run as root: the user that its Debian package made runs it then. */
function account(): { readonly uid: number; readonly gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const idOf = (flag: string) =>
    Number(spawnSync('id', [flag, 'postgres'], { encoding: 'utf8' }).stdout);
  return { uid: idOf('-u'), gid: idOf('-g') };
}

/** A real server on a free loopback port that keeps its files in a directory of its own, and writes each commit to disk. */
export class PostgresServer {
  #child: ChildProcess | undefined;

  private constructor(
    readonly port: number,
    readonly directory: string,
    private readonly settings: readonly string[],
  ) {}

  /** @param settings such as `max_connections=20` */
  static async start(...settings: string[]): Promise<PostgresServer> {
    const server = await PostgresServer.#at('nestjs-drain-postgres-', settings);
    const options = ['--auth=trust', '--username=postgres', '--encoding=UTF8', '--locale=C'];
    run('initdb', ['--pgdata', server.directory, '--no-sync', '--no-instructions', ...options]);
    await server.run();
    return server;
  }

  /** A standby with what this server holds now, which does not run yet: one that lags from now on. */
  async copy(): Promise<PostgresServer> {
    const copy = await PostgresServer.#at('nestjs-drain-standby-', this.settings);
    const from = ['--host=127.0.0.1', `--port=${this.port}`, '--username=postgres'];
    run('pg_basebackup', ['--pgdata', copy.directory, ...from, '--checkpoint=fast', '--no-sync']);
    // Recovers to the end of what it has, and is promoted then.
    await writeFile(join(copy.directory, 'recovery.signal'), '');
    return copy;
  }

  static async #at(prefix: string, settings: readonly string[]): Promise<PostgresServer> {
    const directory = await mkdtemp(join(tmpdir(), prefix));
    const owner = account();
    if (owner) await chown(directory, owner.uid, owner.gid);
    return new PostgresServer(await freePort(), directory, settings);
  }

  get url(): string {
    return `postgres://postgres@127.0.0.1:${this.port}/postgres`;
  }

  async run(): Promise<void> {
    const fixed = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', 'fsync=on'];
    const settings = [...fixed, 'restore_command=false', ...this.settings].flatMap((setting) => [
      '-c',
      setting,
    ]);
    const child = spawn(
      join(programs ?? '', 'postgres'),
      ['-D', this.directory, '-p', `${this.port}`, ...settings],
      { stdio: ['ignore', 'ignore', 'pipe'], cwd: '/', ...account() },
    );
    this.#child = child;
    const lines: string[] = [];
    for await (const line of createInterface(child.stderr)) {
      lines.push(line);
      if (/ready to accept (read-only )?connections/.test(line)) break;
    }
    if (child.exitCode !== null) throw new Error(`postgres did not start:\n${lines.join('\n')}`);
    child.stderr.resume();
  }

  /** SIGSTOP: connections stay open and nothing answers, until SIGCONT. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    for (const process of this.#processes()) process.kill(signal);
  }

  /** SIGKILL to all its processes: what was not written to disk is lost. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (!child) return;
    const processes = this.#processes();
    this.#child = undefined;
    const gone = once(child, 'exit');
    for (const process of processes) process.kill('SIGKILL');
    await gone;
    await eventually(() => {
      if (processes.some((process) => process.isThere())) throw new Error('a process is left');
    });
  }

  async stop(): Promise<void> {
    await this.kill();
    await rm(this.directory, { recursive: true, force: true });
  }

  /** The server's own and one for each connection, each a child of the first. */
  #processes(): { kill(signal: NodeJS.Signals): void; isThere(): boolean }[] {
    const first = this.#child?.pid;
    if (first === undefined) return [];
    const { stdout } = spawnSync('ps', ['-o', 'pid=', '--ppid', `${first}`], { encoding: 'utf8' });
    const send = (pid: number, signal: NodeJS.Signals | 0): boolean => {
      try {
        return process.kill(pid, signal);
      } catch {
        return false;
      }
    };
    return [first, ...stdout.trim().split(/\s+/).filter(Boolean).map(Number)].map((pid) => ({
      kill: (signal) => void send(pid, signal),
      isThere: () => pid !== first && send(pid, 0),
    }));
  }
}

function run(program: string, args: string[]): void {
  const { status, stderr } = spawnSync(join(programs ?? '', program), args, {
    ...{ encoding: 'utf8', cwd: '/' },
    ...account(),
  });
  if (status !== 0) throw new Error(`${program} failed:\n${stderr}`);
}
