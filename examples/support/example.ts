import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export interface Example {
  readonly url: string;
  /** SIGTERM, as a kubelet sends it. */
  readonly terminate: () => void;
  /** Resolves to the exit code, or the signal that ended the process. */
  readonly exited: Promise<number | NodeJS.Signals | null>;
  /** What it has printed so far. */
  readonly output: () => string;
  /** Ends it at once, whatever it is doing. */
  stop(): Promise<void>;
}

/** Starts `examples/dist/<name>/main.js` on a free loopback port and waits until it listens. */
export async function startExample(
  name: string,
  env: Record<string, string> = {},
): Promise<Example> {
  const entry = fileURLToPath(new URL(`../dist/${name}/main.js`, import.meta.url));
  const child = spawn(process.execPath, [entry], {
    env: { PATH: process.env['PATH'], NO_COLOR: '1', PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = once(child, 'close').then(
    ([code, signal]: (number | NodeJS.Signals | null)[]) => code ?? signal ?? null,
  );
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL');
    await exited;
  };
  let output = '';
  const url = await new Promise<string>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
        const listening = /^Listening on (\S+)$/m.exec(output);
        if (listening?.[1]) resolve(listening[1]);
      });
    }
    void exited.then(() => reject(new Error(`The example ended before it listened:\n${output}`)));
  });
  return { url, terminate: () => void child.kill('SIGTERM'), exited, output: () => output, stop };
}

/** Reads a body to its end; calls `onMiddle` once, when `middle` has arrived. */
export async function readThrough(
  response: Response,
  middle: string,
  onMiddle: () => void,
): Promise<string> {
  if (!response.body) throw new Error('the answer has no body');
  let text = '';
  let isPast = false;
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    if (isPast || !text.includes(middle)) continue;
    isPast = true;
    onMiddle();
  }
  return text;
}
