import { connect } from 'node:net';
import { execute } from './execute.js';
import { httpGet } from './http-get.js';
import { type ProbeTarget } from './probe-target.js';
import { fillPorts } from './template.js';

/** How readiness is asked, and how often. Durations in milliseconds. */
export interface Probe {
  readonly action: ProbeAction;
  readonly period: number;
  readonly timeout: number;
  /** How many failures in a row make a ready pod unready. */
  readonly failureThreshold: number;
}

export type ProbeAction =
  | {
      readonly type: 'http';
      readonly path: string;
      readonly scheme: 'http' | 'https';
      readonly headers: Readonly<Record<string, string>>;
      /** `{port}` or `{port:name}`. */
      readonly port: string;
    }
  | { readonly type: 'tcp'; readonly port: string }
  | { readonly type: 'exec'; readonly command: readonly string[] };

/** Asks once; `true` when the pod is ready. */
export async function probeOnce(probe: Probe, target: ProbeTarget): Promise<boolean> {
  const signal = AbortSignal.timeout(probe.timeout);
  try {
    return await ask(probe.action, target, signal);
  } catch {
    return false;
  }
}

async function ask(action: ProbeAction, target: ProbeTarget, signal: AbortSignal) {
  if (action.type === 'exec') return (await execute(action.command, target, signal)) === 0;
  const port = Number(fillPorts(action.port, target.ports));
  if (action.type === 'tcp') return accepts(port, signal);
  const headers = { 'User-Agent': 'kube-probe/1.36', Connection: 'close', ...action.headers };
  const status = await httpGet({ ...action, host: '127.0.0.1', port, headers }, signal);
  return status >= 200 && status < 400;
}

function accepts(port: number, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', signal });
    socket.once('error', reject).once('connect', () => {
      socket.destroy();
      resolve(true);
    });
  });
}
