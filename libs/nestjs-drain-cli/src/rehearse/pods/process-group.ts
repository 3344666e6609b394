import { type ChildProcess } from 'node:child_process';

const leaders = new Set<number>();

/** Remembers a detached child until it ends: whatever way this process exits, its group goes with it. */
export function leadGroup(child: ChildProcess): void {
  const { pid } = child;
  if (pid === undefined) return;
  if (leaders.size === 0) process.once('exit', killAll);
  leaders.add(pid);
  child.once('exit', () => {
    leaders.delete(pid);
    if (leaders.size === 0) process.off('exit', killAll);
  });
}

/** SIGKILL to a process that leads its own group, and to all its children. */
export function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Already gone.
  }
}

function killAll(): void {
  for (const pid of leaders) killGroup(pid);
}
