import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export interface ServiceExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface RunningService {
  readonly url: string;
  readonly port: number;
  readonly process: ChildProcess;
  /** Everything the service has printed so far, both streams. */
  output(): string;
  readonly exited: Promise<ServiceExit>;
  /** Ends the service at once, whatever it is doing, and waits until it is gone. */
  stop(): Promise<void>;
}

const entry = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

/** Starts `node dist/main.js` without waiting for it to listen. */
export function launchService(
  env: Record<string, string> = {},
): Omit<RunningService, 'url' | 'port'> {
  const child = spawn(process.execPath, [entry], {
    // Not the environment of the developer who runs the tests: their API keys and ports are no business of ours.
    env: { PATH: process.env.PATH, HOST: '127.0.0.1', PORT: '0', NO_COLOR: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  }
  // 'close', not 'exit': only then has all output been read.
  const exited = new Promise<ServiceExit>((resolve) => {
    child.once('close', (code, signal) => resolve({ code, signal }));
  });
  const stop = async () => {
    child.kill('SIGKILL');
    await exited;
  };
  return { process: child, output: () => output, exited, stop };
}

/**
 * Starts `node dist/main.js` on a free loopback port and waits until it listens.
 * `env` adds to a minimal environment; set `PORT` in it to choose the port.
 * The caller stops what it started: `afterAll(() => service.stop())`.
 */
export async function startService(
  options: { env?: Record<string, string> } = {},
): Promise<RunningService> {
  const service = launchService(options.env);
  const port = await new Promise<number>((resolve, reject) => {
    const look = () => {
      const match = /Listening on http:\/\/\S+:(\d+)/.exec(service.output());
      if (match) {
        service.process.stdout?.off('data', look);
        resolve(Number(match[1]));
      }
    };
    service.process.stdout?.on('data', look);
    void service.exited.then(({ code }) =>
      reject(new Error(`The service exited with ${code} before it listened:\n${service.output()}`)),
    );
  });
  return { ...service, port, url: `http://127.0.0.1:${port}` };
}
