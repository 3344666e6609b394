import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import { fixture, main, startRehearsal } from './rehearsal-run.js';

const flags = ['--readiness', '/ready', '--load', 'post:/stream', '--clients', '4'];
const hangs = ['--', process.execPath, fixture('hangs')];
const haproxy = spawnSync('haproxy', ['-v']).error === undefined ? ['--balancer', 'haproxy'] : [];

let folder: string | undefined;

afterEach(async () => {
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
});

describe('whatever ends the command ends its children', () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const)('%s', async (signal) => {
    const child = startRehearsal([...flags, ...hangs]);
    const pids = await running(child);
    child.kill(signal);
    await once(child, 'close');
    expect(child.exitCode).toBe(128 + constants.signals[signal]);
    await gone(pids);
  });

  it('SIGKILL, which runs no handler: HAProxy and its folder too', async () => {
    folder = await mkdtemp(join(tmpdir(), 'endings-'));
    const child = startRehearsal([...flags, ...haproxy, ...hangs], { TMPDIR: folder });
    const pids = await running(child);
    child.kill('SIGKILL');
    await once(child, 'close');
    await gone(pids);
    expect(await readdir(folder)).toEqual([]);
  });

  it('the end of its terminal', async () => {
    const command = [process.execPath, main, 'rehearse', ...flags, ...hangs].join(' ');
    const terminal = spawn('script', ['-qefc', command, '/dev/null'], {
      env: { ...process.env, NO_COLOR: '1' },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const pids = await running(terminal);
    terminal.kill('SIGKILL');
    await once(terminal, 'close');
    await gone(pids);
  });

  it.each(['SIGTERM', 'SIGKILL'] as const)('%s while results are written', async (signal) => {
    folder = await mkdtemp(join(tmpdir(), 'endings-'));
    const pipe = join(folder, 'report');
    // No process reads from it: a process that writes into it waits.
    spawnSync('mkfifo', [pipe]);
    const short = ['--replicas', '1', '--warmup', '0', '--propagation', '0', '--grace', '1s'];
    const child = startRehearsal([...flags, ...short, '--json', pipe, ...hangs]);
    const pids = await running(child, 'pod-2');
    await printed(child, 'streams over');
    child.kill(signal);
    await once(child, 'close');
    expect(child.signalCode).toBe(signal);
    await gone(pids);
  });
});

/** The processes below this one, once its clients run: the first replacement starts. */
async function running(child: ChildProcess, replacement = 'pod-3'): Promise<number[]> {
  await printed(child, `${replacement}  started`);
  const pids = descendantsOf(child.pid ?? 0);
  // Two replicas at least, the clients, the balancer and the guard.
  expect(pids.length).toBeGreaterThanOrEqual(4);
  return pids;
}

async function printed(child: ChildProcess, text: string): Promise<void> {
  let output = '';
  for await (const chunk of child.stdout?.iterator({ destroyOnReturn: false }) ?? []) {
    output += String(chunk);
    if (output.includes(text)) return;
  }
  throw new Error(`It ended without printing "${text}": ${output}`);
}

function descendantsOf(pid: number): number[] {
  const { stdout } = spawnSync('ps', ['--ppid', String(pid), '-o', 'pid='], { encoding: 'utf8' });
  const children = stdout.split('\n').flatMap((line) => (line.trim() ? [Number(line)] : []));
  return children.flatMap((child) => [child, ...descendantsOf(child)]);
}

/** Resolves when none of them is left; the test's own time limit bounds it. */
async function gone(pids: readonly number[]): Promise<void> {
  while (pids.some(isAlive)) await delay(20);
}

function isAlive(pid: number): boolean {
  const { stdout } = spawnSync('ps', ['-p', String(pid), '-o', 'stat='], { encoding: 'utf8' });
  return stdout.trim() !== '' && !stdout.startsWith('Z');
}
