/**
 * Runs as a process of its own beside a rehearsal, in its own session, and reads from stdin which process
 * groups and folders the rehearsal owns (`+123`, `-123`, `+/tmp/x`, `-/tmp/x`). When stdin ends, the
 * rehearsal is gone, whatever ended it: SIGKILL runs no handler. Then what it owned is ended and removed.
 */
import { rmSync } from 'node:fs';
import { createInterface } from 'node:readline';

const owned = new Set<string>();

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const) {
  process.on(signal, () => {});
}

createInterface({ input: process.stdin })
  .on('line', (line) => {
    const name = line.slice(1);
    if (line.startsWith('+')) owned.add(name);
    else owned.delete(name);
  })
  .on('close', () => {
    for (const name of owned) end(name);
    process.exit();
  });

function end(name: string): void {
  try {
    if (name.startsWith('/')) rmSync(name, { recursive: true, force: true });
    else process.kill(-Number(name), 'SIGKILL');
  } catch {
    // Already gone.
  }
}
