import { spawn } from 'node:child_process';
import { killGroup, leadGroup } from '../children/process-group.js';
import { fillPorts } from './template.js';
import { type ProbeTarget } from './probe-target.js';

/**
 * Runs a hook's or a probe's command beside the replica and resolves its exit code (-1 when killed).
 * Rejects when it cannot be started; `signal` kills it.
 */
export function execute(
  command: readonly string[],
  { ports, environment, directory }: ProbeTarget,
  signal: AbortSignal,
): Promise<number> {
  const [program = '', ...values] = command.map((part) => fillPorts(part, ports));
  return new Promise((resolve, reject) => {
    const child = spawn(program, values, {
      cwd: directory,
      env: environment,
      stdio: 'ignore',
      detached: true,
    });
    leadGroup(child);
    const kill = () => killGroup(child.pid);
    signal.addEventListener('abort', kill);
    child.once('error', reject).once('exit', (code) => {
      signal.removeEventListener('abort', kill);
      resolve(code ?? -1);
    });
  });
}
