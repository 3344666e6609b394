import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

const program = fileURLToPath(new URL('../bin/nestjs-drain.js', import.meta.url));
const good = fileURLToPath(new URL('fixtures/check-good/chat.yaml', import.meta.url));
const recreate = fileURLToPath(new URL('fixtures/check/recreate-strategy.yaml', import.meta.url));

interface Outcome {
  readonly code: number;
  readonly output: string;
  readonly errors: string;
}

function check(...args: string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(process.execPath, [program, 'check', ...args], (error, output, errors) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, output, errors }),
    );
  });
}

interface Report {
  readonly findings: readonly { readonly rule: string; readonly message: string }[];
}

async function found(...args: string[]): Promise<string[]> {
  const { output } = await check(...args, '--json');
  return (JSON.parse(output) as Report).findings.map(({ rule }) => rule);
}

let folder = '';
let undeclared = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nestjs-drain-settings-'));
  undeclared = join(folder, 'chat.yaml');
  const text = await readFile(good, 'utf8');
  await writeFile(undeclared, text.replace(/ +annotations:\n( +nestjs-drain.*\n)+/, ''));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('settings that no annotation declares', () => {
  it('are unknown: a note that names what was not judged, and no finding of the rules', async () => {
    const { output } = await check(undeclared, '--json');
    const { findings } = JSON.parse(output) as Report;
    expect(findings.map(({ rule }) => rule)).toEqual(['settings-unknown']);
    expect(findings[0]?.message).toMatch(/timeout.*propagationDelay.*not judged: grace-too-short/);
  });

  it('come from flags', async () => {
    expect(await found(undeclared, '--timeout', '5m', '--propagation-delay', '5')).toEqual([]);
    expect(await found(undeclared, '--timeout', '400', '--propagation-delay', '5')).toEqual([
      'grace-too-short',
    ]);
  });

  it('a time that is none is refused', async () => {
    const { code, errors } = await check(undeclared, '--timeout', 'soon');
    expect([code, errors]).toEqual([2, expect.stringContaining('A time is 300, 300s or 5m')]);
  });
});

describe('the running service is asked', () => {
  const asked: string[] = [];
  let status: object = {};
  let server: Server;
  const address = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  beforeAll(async () => {
    server = createServer((request, response) => {
      asked.push(request.url ?? '');
      response.end(JSON.stringify(status));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => {
    server.close();
  });

  it('at /shutdown/status, and what it says is compared', async () => {
    status = { timeout_seconds: 400, propagation_delay_seconds: 5, flush_timeout_seconds: 2 };
    expect(await found(undeclared, '--url', address())).toEqual(['grace-too-short']);
    status = { ...status, timeout_seconds: 300, termination_grace_period_seconds: 330 };
    expect(await found(undeclared, '--url', address())).toEqual([]);
    expect(new Set(asked)).toEqual(new Set(['/shutdown/status']));
  });

  it('one that names no times is no answer', async () => {
    status = { phase: 'serving' };
    const { code, errors } = await check(undeclared, '--url', address());
    expect([code, errors]).toEqual([2, expect.stringContaining('names no times')]);
  });
});

describe('reports', () => {
  it('--version, --rules and --explain need no manifest', async () => {
    expect((await check('--version')).output).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect((await check('--rules')).output).toMatch(/^grace-too-short +error +The grace/m);
    expect((await check('--explain', 'grace-too-short')).output).toContain('SIGKILL');
  });

  it('--explain with manifests shows its findings with their remedy', async () => {
    const { output, code } = await check(recreate, '--explain', 'recreate-strategy');
    expect(output).toMatch(/recreate-strategy\.yaml:\d+ {2}Deployment\/chat/);
    expect(output).toContain('type: RollingUpdate');
    expect(code).toBe(1);
  });

  it('--format github annotates the line', async () => {
    const { output } = await check(recreate, '--format', 'github');
    expect(output).toMatch(/^::error file=.*,line=\d+,title=recreate-strategy::/);
  });

  it('a baseline leaves out what it knows, and nothing new', async () => {
    const baseline = join(folder, 'baseline.json');
    expect((await check(recreate, '--write-baseline', baseline)).code).toBe(1);
    expect((await check(recreate, '--baseline', baseline)).code).toBe(0);
    const worse = join(folder, 'worse.yaml');
    const text = await readFile(recreate, 'utf8');
    await writeFile(worse, text.replace('replicas: 2', 'replicas: 1'));
    const known = await readFile(baseline, 'utf8');
    await writeFile(baseline, known.replaceAll(recreate, worse));
    expect(await found(worse, '--baseline', baseline)).toEqual(['single-replica']);
  });

  it('a file that is no baseline is refused', async () => {
    const { code, errors } = await check(recreate, '--baseline', good);
    expect([code, errors]).toEqual([2, expect.stringContaining('--write-baseline')]);
  });
});
