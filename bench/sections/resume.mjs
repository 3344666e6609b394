import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const file = fileURLToPath(new URL('../resume-store.mjs', import.meta.url));

/** A benchmark that stands on its own: what it prints is shown. */
export async function resume({ quick }) {
  const { stdout } = await promisify(execFile)(process.execPath, [
    file,
    ...(quick ? ['--quick'] : []),
  ]);
  return {
    title: 'Resume store',
    text: 'What `node bench/resume-store.mjs` printed.',
    output: stdout,
  };
}
