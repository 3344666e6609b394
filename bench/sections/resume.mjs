import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { stopAtExit } from '../support/broken-off.mjs';

const file = fileURLToPath(new URL('../resume-store.mjs', import.meta.url));

/** A benchmark that stands on its own: what it prints is shown. */
export async function resume({ quick }) {
  const running = promisify(execFile)(process.execPath, [file, ...(quick ? ['--quick'] : [])]);
  // It has a server of its own to stop.
  stopAtExit(running.child, 'SIGTERM');
  const { stdout } = await running;
  return {
    title: 'Resume store',
    text: 'What `node bench/resume-store.mjs` printed.',
    output: stdout,
  };
}
