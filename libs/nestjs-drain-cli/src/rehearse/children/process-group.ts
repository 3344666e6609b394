import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Process groups by their leader, and folders; both are ended with the rehearsal. */
const owned = new Set<string>();
let guard: ChildProcess | undefined;

/**
 * Remembers a detached child until it ends. Its group goes with this process, in whatever way this
 * process ends: an exit handler kills it, and after SIGKILL the guard does.
 */
export function leadGroup(child: ChildProcess): void {
  const { pid } = child;
  if (pid === undefined) return;
  own(String(pid));
  child.once('exit', () => disown(String(pid)));
}

/** Remembers a temporary folder; the guard removes it if this process cannot. */
export function ownFolder(folder: string): void {
  own(folder);
}

export function disownFolder(folder: string): void {
  disown(folder);
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

function own(name: string): void {
  if (owned.size === 0) {
    process.once('exit', killAll);
    guard = startGuard();
  }
  owned.add(name);
  guard?.stdin?.write(`+${name}\n`);
}

function disown(name: string): void {
  if (!owned.delete(name)) return;
  guard?.stdin?.write(`-${name}\n`);
  if (owned.size > 0) return;
  process.off('exit', killAll);
  guard?.stdin?.end();
  guard = undefined;
}

/** A session of its own: what closes the terminal does not end it. It does not hold this process. */
function startGuard(): ChildProcess {
  const file = fileURLToPath(new URL('./guard.js', import.meta.url));
  const child = spawn(process.execPath, [file], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  child.on('error', () => {}).unref();
  child.stdin.on('error', () => {});
  (child.stdin as typeof child.stdin & { unref(): void }).unref();
  return child;
}

function killAll(): void {
  for (const name of owned) if (!name.startsWith('/')) killGroup(Number(name));
}
