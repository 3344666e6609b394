import { execFileSync } from 'node:child_process';
import { availableParallelism } from 'node:os';

/** The servers that are compared share one processor; their client has another. */
export const processors = { server: 0, client: 1 };

/** Whether the machine lets processes be pinned. */
export const canPin = availableParallelism() > 1 && isThere('taskset');

/** Keeps all threads of a process on one processor, where the machine can do that. */
export function pin(process, processor) {
  if (!canPin) return;
  // Threads of V8 come and go, and one that is gone when its turn comes makes it fail.
  for (let attempt = 1; ; attempt += 1) {
    try {
      execFileSync('taskset', ['-acp', processor, process.id], { stdio: 'ignore' });
      return;
    } catch (error) {
      if (attempt === 10) throw error;
    }
  }
}

export function isThere(command) {
  try {
    execFileSync(command, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
