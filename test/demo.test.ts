import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import { eventually } from '../testing/eventually.js';

const root = fileURLToPath(new URL('../', import.meta.url));
const execute = promisify(execFile);

interface Process {
  readonly pid: number;
  readonly parent: number;
}

/** Those that run. What only its parent has not yet asked after is gone. */
async function running(): Promise<Process[]> {
  const { stdout } = await execute('ps', ['-A', '-o', 'pid=,ppid=,stat=']);
  return stdout
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , state]) => !state?.startsWith('Z'))
    .map(([pid, parent]) => ({ pid: Number(pid), parent: Number(parent) }));
}

async function familyOf(pid: number): Promise<number[]> {
  const all = await running();
  const children = (parent: number): number[] =>
    all.filter((one) => one.parent === parent).flatMap((one) => [one.pid, ...children(one.pid)]);
  return [pid, ...children(pid)];
}

test.each<[NodeJS.Signals, string, (npm: number) => number]>([
  ['SIGINT', 'the whole group, as Ctrl-C sends it', (npm) => -npm],
  ['SIGHUP', 'the whole group, as a terminal that is closed sends it', (npm) => -npm],
  ['SIGINT', 'npm alone', (npm) => npm],
  ['SIGTERM', 'npm alone', (npm) => npm],
  ['SIGHUP', 'npm alone', (npm) => npm],
])('`npm run demo` leaves no process behind after %s to %s', async (signal, _, target) => {
  // Without the build in front of it.
  const npm = spawn('npm', ['run', 'demo', '--ignore-scripts'], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const closed = once(npm, 'close');
  let output = '';
  for (const stream of [npm.stdout, npm.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  await eventually(() => {
    expect(output).toContain('pod-1 ready');
    expect(output).toContain('pod-2 ready');
  });
  const family = await familyOf(npm.pid!);
  // npm, the demonstration and its pods.
  expect(family.length).toBeGreaterThanOrEqual(4);
  process.kill(target(npm.pid!), signal);
  await closed;
  await eventually(async () => {
    const left = new Set((await running()).map(({ pid }) => pid));
    expect(family.filter((pid) => left.has(pid))).toEqual([]);
  });
  expect(output).not.toContain('streams lost');
});
