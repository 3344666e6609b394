import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { adapters, words } from './support/clients.js';
import { startService, type RunningService } from './support/service.js';

const folder = fileURLToPath(new URL('../libs/nestjs-drain/', import.meta.url));
const token = 'open-sesame-open-sesame';
const times = { GRACEFUL_SHUTDOWN_TIMEOUT: '60', GRACEFUL_SHUTDOWN_PROPAGATION_DELAY: '0' };

/** Runs the hook as the kubelet does: the bare program, in the environment of the container. */
async function runHook(
  env: Record<string, string>,
  ...options: string[]
): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, [`${folder}pre-stop.js`, ...options], { env });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  }
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, output };
}

async function withService(
  env: Record<string, string>,
  use: (service: RunningService) => Promise<void>,
): Promise<void> {
  const service = await startService({ env: { ...times, ...env } });
  try {
    await use(service);
  } finally {
    await service.stop();
  }
}

/** Begins a stream of words; `whole` is its text when it has ended. */
async function begin(service: RunningService, pace: string): Promise<{ whole: Promise<string> }> {
  const response = await fetch(`${service.url}/v1/responses`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      model: 'echo',
      input: words(20),
      stream: true,
      metadata: { tokens_per_second: pace },
    }),
  });
  return { whole: response.text() };
}

/** When the service has printed it. */
const printed = (service: RunningService, pattern: RegExp): Promise<void> =>
  new Promise((resolve) => {
    const look = (): void => {
      if (!pattern.test(service.output())) return;
      service.process.stdout?.off('data', look);
      resolve();
    };
    service.process.stdout?.on('data', look);
    look();
  });

describe.each(adapters)('the exec hook on %s', (adapter) => {
  it('ends with the drain and before SIGTERM: the stream is whole, the service exits with 0', () =>
    withService({ HTTP_ADAPTER: adapter }, async (service) => {
      const { whole } = await begin(service, '20');
      const order: string[] = [];
      const [{ code, output }, text] = await Promise.all([
        runHook({ PORT: String(service.port) }).finally(() => order.push('hook')),
        whole.finally(() => order.push('stream')),
      ]);
      expect([code, output]).toEqual([0, expect.stringContaining('1 completed')]);
      expect(order).toEqual(['stream', 'hook']);
      expect(text).toContain('response.completed');
      service.process.kill('SIGTERM');
      expect(await service.exited).toEqual({ code: 0, signal: null });
    }));

  it('is known as the hook: SIGTERM before its answer means that the grace is over', () =>
    withService({ HTTP_ADAPTER: adapter }, async (service) => {
      const { whole } = await begin(service, '0.001');
      const hook = runHook({ PORT: String(service.port) });
      await printed(service, /Shutting down \(wait\)/);
      service.process.kill('SIGTERM');
      // Without that the stream would go on for the 60 s of the timeout.
      expect(await whole).toContain('response.incomplete');
      expect((await hook).output).toContain('1 cancelled');
      expect(await service.exited).toEqual({ code: 0, signal: null });
    }));

  it('carries the token, on the management port', () =>
    withService(
      { HTTP_ADAPTER: adapter, SHUTDOWN_TOKEN: token, MANAGEMENT_PORT: '0' },
      async (service) => {
        const [, port = ''] = /shutdown routes are on port (\d+)/.exec(service.output()) ?? [];
        const without = await runHook({}, '--port', port);
        expect(without).toEqual({ code: 1, output: expect.stringMatching(/403.*Bearer.*SIGTERM/) });
        const withIt = { SHUTDOWN_TOKEN: token, MANAGEMENT_PORT: port, PORT: '1' };
        expect(await runHook(withIt)).toEqual({
          code: 0,
          output: expect.stringContaining('Drain completed'),
        });
      },
    ));
});

describe('a hook that can drain nothing says so and ends', () => {
  const unused = async (): Promise<string> => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, 'close');
    return String(port);
  };

  it.each<[string, string[], number, RegExp]>([
    ['nothing listens', [], 1, /does not answer \(ECONNREFUSED\).*has the service started.*--port/],
    ['an unknown option', ['--prot', '1'], 2, /--prot.*\nUsage: node pre-stop\.js/s],
    ['no port', ['--port', 'http'], 2, /no port http.*\nUsage/s],
    ['no path', ['--path', 'shutdown/wait'], 2, /no path shutdown\/wait.*\nUsage/s],
    [
      'an impossible port',
      ['--port', '99999'],
      2,
      /^nestjs-drain pre-stop: .*cannot be called.*--port/,
    ],
    [
      'an impossible path',
      ['--path', '/a b'],
      2,
      /^nestjs-drain pre-stop: .*cannot be called.*--path/,
    ],
  ])('%s', async (_, options, code, output) => {
    expect(await runHook({ PORT: await unused() }, ...options)).toEqual({
      code,
      output: expect.stringMatching(output),
    });
  });

  it('a token with the line break of its file', async () => {
    const env = { PORT: await unused(), SHUTDOWN_TOKEN: `${token}\n` };
    expect(await runHook(env)).toEqual({
      code: 2,
      output: expect.stringMatching(/^nestjs-drain pre-stop: .*cannot be called.*SHUTDOWN_TOKEN/),
    });
  });

  it('another path, another protocol, and a service that dies in the middle', () =>
    withService({}, async (service) => {
      const PORT = String(service.port);
      expect(await runHook({ PORT }, '--path', '/nothing')).toEqual({
        code: 1,
        output: expect.stringContaining('answered 404'),
      });
      expect(await runHook({ PORT }, '--path', '/health')).toEqual({
        code: 1,
        output: expect.stringContaining('no answer of a drain'),
      });
      expect(await runHook({ PORT }, '--tls')).toMatchObject({ code: 1 });
      const { whole } = await begin(service, '0.001');
      const hook = runHook({ PORT });
      await printed(service, /Shutting down/);
      service.process.kill('SIGKILL');
      await expect(whole).rejects.toThrow();
      expect(await hook).toEqual({ code: 1, output: expect.stringContaining('ended before') });
    }));
});

it('the package holds it', () => {
  const packed = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: folder,
  });
  const [{ files }] = JSON.parse(packed.toString()) as [{ files: { path: string }[] }];
  expect(files.map(({ path }) => path)).toContain('pre-stop.js');
});
