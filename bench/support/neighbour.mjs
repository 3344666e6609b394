import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { stopAtExit } from './broken-off.mjs';
import { pin, processors } from './pinning.mjs';

/** Leaves a server half of one processor while `use` runs: it shares it with a process that takes all it gets. */
export async function throttled(server, use) {
  const neighbour = spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' });
  stopAtExit(neighbour);
  const exited = once(neighbour, 'close');
  await once(neighbour, 'spawn');
  try {
    pin(server, processors.server);
    pin({ id: neighbour.pid }, processors.server);
    return await use();
  } finally {
    neighbour.kill('SIGKILL');
    await exited;
  }
}
