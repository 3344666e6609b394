import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { debuglog } from 'node:util';

/** With NODE_DEBUG=compare: what systems say of their failures, which are the reasons for the cells of the table. */
const debug = debuglog('compare');

const running = new Set<ChildProcess>();
// No store and no replica outlives the comparison.
process.once('exit', () => running.forEach((child) => child.kill('SIGKILL')));

/** A program of the comparison: a replica or a store. */
export class Child {
  readonly exited: Promise<unknown>;
  /** What it printed when it was ready. */
  ready = '';

  private constructor(readonly process: ChildProcess) {
    this.exited = once(process, 'exit');
    running.add(process);
    process.once('exit', () => running.delete(process));
  }

  /** Starts it and waits for a line that matches `sign`. @throws Error with its output if it ends before. */
  static async start(
    [command = '', ...args]: readonly string[],
    { sign, env = {} }: { sign: RegExp; env?: Record<string, string> },
  ): Promise<Child> {
    const child = new Child(
      spawn(command, args, {
        env: { PATH: process.env['PATH'], NO_COLOR: '1', ...env },
        stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      }),
    );
    const errors: string[] = [];
    child.process.stderr?.setEncoding('utf8').on('data', (text: string) => {
      errors.push(text);
      debug(text);
    });
    const ready = await lineOf(child.process, sign);
    if (ready === undefined) throw new Error(`${command} did not start:\n${errors.join('')}`);
    child.ready = ready;
    return child;
  }

  async kill(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    this.process.kill('SIGKILL');
    await this.exited;
  }
}

function lineOf(child: ChildProcess, sign: RegExp): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', () => resolve(undefined));
    if (!child.stdout) return;
    createInterface(child.stdout).on('line', (line) => {
      if (sign.test(line)) resolve(line);
    });
  });
}
