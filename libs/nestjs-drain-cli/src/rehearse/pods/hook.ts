import { Agent } from 'node:http';
import { type Clock } from '../clock.js';
import { execute } from './execute.js';
import { httpGet } from './http-get.js';
import { type ProbeTarget } from './probe-target.js';
import { fillPorts } from './template.js';

/** A preStop hook as a manifest writes it. */
export type PreStopHook =
  | {
      readonly type: 'http';
      readonly path: string;
      readonly scheme: 'http' | 'https';
      readonly headers: Readonly<Record<string, string>>;
      /** `{port}` or `{port:name}`. */
      readonly port: string;
      /** Where the hook is sent. The kubelet comes from outside loopback; 127.0.0.1 is the default here. */
      readonly address: string;
    }
  | { readonly type: 'exec'; readonly command: readonly string[] }
  | { readonly type: 'sleep'; readonly duration: number };

/** Runs one pod's hook; says in words how it ended, rejects when it could not run. */
export interface HookRunner {
  run(signal: AbortSignal): Promise<string>;
  close(): void;
}

export function hookRunner(hook: PreStopHook, target: ProbeTarget, clock: Clock): HookRunner {
  // The hook's connection stays open after the answer, as the kubelet leaves it.
  const agent = new Agent({ keepAlive: true });
  return {
    run: (signal) => runHook(hook, target, clock, agent, signal),
    close: () => agent.destroy(),
  };
}

async function runHook(
  hook: PreStopHook,
  target: ProbeTarget,
  clock: Clock,
  agent: Agent,
  signal: AbortSignal,
): Promise<string> {
  if (hook.type === 'sleep') {
    await clock.sleep(hook.duration, signal);
    return 'slept';
  }
  if (hook.type === 'exec') {
    const code = await execute(hook.command, target, signal);
    if (code !== 0) throw new Error(`exit code ${code}`);
    return 'exit code 0';
  }
  const port = Number(fillPorts(hook.port, target.ports));
  const headers = { 'User-Agent': 'kube-lifecycle/1.36', ...hook.headers };
  const get = { ...hook, host: hook.address, port, headers };
  return String(await httpGet(hook.scheme === 'http' ? { ...get, agent } : get, signal));
}
