import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { freePort } from '../../libs/nestjs-drain/test/support/free-port.js';

/** Why the tests that need a NATS server cannot run, or undefined. */
export const missingNats =
  spawnSync('nats-server', ['--version']).status === 0
    ? undefined
    : 'the Debian package nats-server';

/** A real server on a free loopback port. */
export class NatsServer {
  private constructor(
    readonly port: number,
    private readonly child: ChildProcess,
  ) {}

  static async start(): Promise<NatsServer> {
    const port = await freePort();
    const child = spawn('nats-server', ['--addr', '127.0.0.1', '--port', String(port)], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    for await (const line of createInterface(child.stderr)) {
      if (line.includes('Server is ready')) break;
    }
    child.stderr.resume();
    return new NatsServer(port, child);
  }

  async stop(): Promise<void> {
    this.child.kill('SIGKILL');
    if (this.child.exitCode === null && this.child.signalCode === null) {
      await once(this.child, 'exit');
    }
  }
}
