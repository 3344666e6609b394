import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import {
  fixture,
  main,
  rehearseCommand,
  rehearseFixture,
  startRehearsal,
  type Report,
} from './rehearsal-run.js';

/** The proxy learns of a deletion within 0.5 s; the fixture that drains well accepts for 0.7 s. */
const timing = ['--warmup', '500ms', '--propagation', '500ms'];
const common = [...timing, '--readiness', '/ready', '--clients', '16'];
const post = [...common, '--load', 'post:/stream', '--connections', 'fresh'];

describe('a rehearsal', () => {
  it('of a service that drains well passes: every stream is whole', async () => {
    const run = await rehearseFixture('drains', [...post, '--pre-stop', 'get:/shutdown']);
    expect(run.report).toMatchObject({ lost: 0, causes: [], totals: { cut: 0, refused: 0 } });
    expect(run.report?.totals.complete).toBeGreaterThan(20);
    expect(run.code).toBe(0);
    const ending = kinds(run.report, 'pod-1').filter((kind) => !/ready|endpoint/i.test(kind));
    expect(ending).toEqual(['started', 'deleted', 'hookSent', 'hookAnswered', 'sigterm', 'exited']);
  });

  it('of a service that exits at SIGTERM fails: streams are cut, and the exit is blamed', async () => {
    const run = await rehearseFixture('cuts', post);
    expect(run.code).toBe(1);
    expect(run.report?.totals.cut).toBeGreaterThan(0);
    expect(run.report?.causes.map(({ code }) => code)).toContain('exited-early');
    expect(run.junit).toContain(`failures="${run.report?.lost}"`);
    expect(run.junit.match(/<failure /g)).toHaveLength(run.report?.lost ?? 0);
  });

  it('of a service that closes its listener at once fails: newcomers are refused, none is cut', async () => {
    const run = await rehearseFixture('refuses', post);
    expect(run.code).toBe(1);
    expect(run.report?.totals.cut).toBe(0);
    expect(run.report?.totals.refused).toBeGreaterThan(0);
    const cause = run.report?.causes.find(({ code }) => code === 'listener-closed');
    expect(cause?.sentence).toMatch(/new connections? reached pod \d after its listener closed/);
    // The fixture is no service of nestjs-drain, and the rehearsal's own delay is no advice.
    expect(cause?.sentence).toMatch(/keep accepting for 5 s or more .* preStop hook that sleeps/);
  });

  it('of a service that hangs fails: the hook times out, SIGTERM and SIGKILL follow', async () => {
    const run = await rehearseFixture(
      'hangs',
      [...post, '--replicas', '1', '--grace', '1s', '--pre-stop', 'get:/shutdown'],
      { STREAM_LENGTH: '6000' },
    );
    expect(run.code).toBe(1);
    const sequence = kinds(run.report, 'pod-1').filter((kind) => kind !== 'endpointRemoved');
    expect(sequence.slice(2)).toEqual([
      'deleted',
      'hookSent',
      'hookFailed',
      'sigterm',
      'sigkill',
      'exited',
    ]);
    expect(run.report?.causes.map(({ code }) => code)).toContain('grace-over');
  });

  it('sees a subscription told to reconnect come back with Last-Event-ID', async () => {
    const run = await rehearseFixture('drains', [...common, '--load', 'sse:/events']);
    expect(run.report).toMatchObject({ lost: 0 });
    expect((run.report?.totals.told ?? 0) + (run.report?.totals.resumed ?? 0)).toBe(16);
    const pods = run.report?.streams.map(({ attempts }) => attempts.map(({ pod }) => pod));
    expect(pods?.every((path) => path.at(-1) === 'pod-3' || path.at(-1) === 'pod-4')).toBe(true);
    expect(run.code).toBe(0);
  });

  it('takes a WebSocket closed with 1012 for told, and a broken one for cut', async () => {
    const load = [...common, '--load', 'websocket:/socket'];
    const told = await rehearseFixture('drains', load);
    expect(told.report).toMatchObject({ lost: 0 });
    expect(told.report?.totals.told).toBeGreaterThan(0);
    const cut = await rehearseFixture('cuts', [...load, '--kill']);
    expect(cut.report?.causes.map(({ code }) => code)).toContain('crash');
  });

  it('stops at the time limit, and has then failed', async () => {
    const run = await rehearseFixture('drains', [...post, '--time-limit', '2s', '--warmup', '1m']);
    expect(run.output).toContain('Stopped at --time-limit');
    expect(run.code).toBe(1);
  });

  it('sends the hook again when the kubelet restarts', async () => {
    const flags = [...post, '--replicas', '1', '--pre-stop', 'get:/shutdown'];
    const run = await rehearseFixture('drains', [...flags, '--kubelet-restart', '200ms']);
    expect(kinds(run.report, 'pod-1').filter((kind) => kind === 'hookSent')).toHaveLength(2);
    expect(run.code).toBe(0);
  });

  it('draws a page without external resources, and SVG and PNG', async () => {
    const run = await rehearseFixture(
      'cuts',
      [...common, '--load', 'json:/plain', '--load', 'post:/stream'],
      {},
      ['json', 'html', 'svg', 'png', 'markdown'],
    );
    const { streams = [] } = run.report ?? {};
    expect(run.html).not.toMatch(/(?:src|href)=|url\(|@import|https?:\/\/(?!www\.w3\.org)/);
    const bars = new Set([...run.html.matchAll(/data-stream="(\d+)"/g)].map(([, index]) => index));
    expect(bars.size).toBe(streams.filter(({ attempts }) => attempts.length > 0).length);
    expect(run.svg).toMatch(/^<svg .*role="img" aria-label="\d+ of \d+ streams were lost/s);
    expect(run.png.subarray(1, 4).toString()).toBe('PNG');
    expect(run.markdown).toMatch(/^### ❌ \d+ of \d+ streams were lost\n/);
    expect(run.markdown).toMatch(/```mermaid\ngantt\n.*section pod-1\n.*\d+ lost :crit, /s);
  });
});

describe('the first rehearsal of a generated application', () => {
  it('finds out what it answers, draws a picture and shows it, and says how to point it at a stream', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'browser-'));
    const [browser, opened] = [join(folder, 'browser'), join(folder, 'opened')];
    await writeFile(browser, `#!/bin/sh\necho "$1" > ${opened}.new\nmv ${opened}.new ${opened}\n`);
    await chmod(browser, 0o755);
    const environment = { BROWSER: browser, TMPDIR: folder };
    const run = await rehearseFixture('hello', ['--open'], environment, []);
    expect(run.output).toContain('GET / gives a plain answer');
    expect(run.output).toContain('--load post:/path --body body.json');
    const [, picture = ''] = /picture: (\S+)/.exec(run.output) ?? [];
    const page = await readFile(picture, 'utf8');
    while (!existsSync(opened)) await delay(20);
    expect(await readFile(opened, 'utf8')).toBe(`${picture}\n`);
    await rm(folder, { recursive: true });
    // Node ends at SIGTERM, and nothing here accepts for a while: that is what there is to see.
    expect(page).toMatch(/<title>\d+ of \d+ streams were lost/);
    expect(run.code).toBe(1);
  });
});

describe('the order of events', () => {
  it('when the grace is over and the hook unanswered: SIGTERM, and farewells arrive in the 2 s that are left', async () => {
    // 50 s of words: every stream outlives the start of the next pod, however slow the machine is.
    const input = Array(1000).fill('token').join(' ');
    const folder = await mkdtemp(join(tmpdir(), 'body-'));
    const body = join(folder, 'body.json');
    await writeFile(body, JSON.stringify({ model: 'echo', input, stream: true }));
    const service = [
      process.execPath,
      fileURLToPath(new URL('../../../dist/main.js', import.meta.url)),
    ];
    const flags = [
      ...[
        '--load',
        'post:/v1/responses',
        '--body',
        body,
        '--readiness',
        '/ready',
        '--clients',
        '6',
      ],
      ...['--replicas', '1', '--grace', '3s', '--pre-stop', 'get:/shutdown/wait', '--settle', '0'],
      // A kept connection is answered once more, with 503, where its client asks again at once.
      ...['--connections', 'fresh'],
      ...['--env', 'GRACEFUL_SHUTDOWN_PROPAGATION_DELAY=1', 'HOST=127.0.0.1'],
    ];
    const run = await rehearseCommand(service, flags, {}, ['json']);
    await rm(folder, { recursive: true });
    const ending = kinds(run.report, 'pod-1').filter((kind) => !/ready|endpoint/i.test(kind));
    expect(ending).toEqual(['started', 'deleted', 'hookSent', 'hookFailed', 'sigterm', 'exited']);
    expect(run.report).toMatchObject({ lost: 0, totals: { told: 6 } });
    const warning = run.report?.warnings.find(({ code }) => code === 'hook-outlived-grace');
    expect(warning?.sentence).toContain('6 streams were told in them');
  });

  it('of Compose leaves no server to connect to, and the advice is for Compose', async () => {
    const run = await rehearseFixture('cuts', ['--platform', 'compose', '--load', 'json:/plain']);
    expect(run.report?.causes.map(({ code }) => code)).toContain('no-endpoint');
    expect(run.output).not.toMatch(/maxUnavailable|preStop/);
    const ending = kinds(run.report, 'pod-1').filter((kind) => !/ready|endpoint/i.test(kind));
    expect(ending).toEqual(['started', 'deleted', 'sigterm', 'exited']);
  });
});

describe('through HAProxy', () => {
  const missing = spawnSync('haproxy', ['-v']).error !== undefined;
  if (missing && process.env['CI'] !== 'true') {
    console.warn('haproxy is missing (Debian package: haproxy): its rehearsals are skipped');
  }

  (missing && process.env['CI'] !== 'true' ? it.skip : it).each(['tcp', 'http'])(
    'in %s mode a service that drains well passes, and streams are traced to their pods',
    async (mode) => {
      const balancer = ['--balancer', 'haproxy', '--balancer-mode', mode];
      const run = await rehearseFixture('drains', [...post, ...balancer]);
      expect(run.report).toMatchObject({ lost: 0 });
      expect(run.code).toBe(0);
      const pods = run.report?.streams.flatMap(({ attempts }) => attempts.map(({ pod }) => pod));
      expect(new Set(pods)).toEqual(new Set(['pod-1', 'pod-2', 'pod-3', 'pod-4']));
    },
  );
});

describe('what cannot be rehearsed', () => {
  it.each<[string, string[], RegExp]>([
    ['an unknown flag', ['--bogus'], /unknown option/],
    ['a request that does not work', ['--load', 'sse:/nowhere'], /GET \/nowhere got 404.*--load/s],
    [
      'a path without WebSockets',
      ['--load', 'websocket:/nowhere'],
      /WebSocket \/nowhere got .*400/,
    ],
    [
      'a module that fails',
      ['--load', 'json:/plain', '--recognise', fixture('recognises-badly')],
      /complete\(\) of .* failed .*return false/,
    ],
    ['an answer of the wrong kind', ['--load', 'sse:/plain'], /json:\/plain/],
  ])('%s: exit code 2 and the remedy', async (_, flags, remedy) => {
    const run = await rehearseFixture('drains', ['--replicas', '1', ...flags]);
    expect(run.errors).toMatch(remedy);
    expect(run.code).toBe(2);
    expect(run.report).toBeUndefined();
  });

  it.each<[string, string[], RegExp]>([
    ['no command', [], /Usage: nestjs-drain/],
    [
      'no command of a replica',
      ['rehearse', '--replicas', '1'],
      /^error: Give the command of one replica after --, such as: -- node dist\/main\.js$/m,
    ],
    ['a mistyped command', ['rehearsal'], /unknown command/],
    ['a mistyped number', ['rehearse', '--max-lost', 'none', '--', 'true'], /whole number/],
    ['a mistyped platform', ['rehearse', '--platform', 'ec2', '--', 'true'], /Allowed choices/],
    ['a PNG without its renderer', ['rehearse', '--png', 'a.png', '--', 'true'], /npm install -D/],
  ])('%s: exit code 2', (_, values, message) => {
    const without = new URL('./fixtures/without-renderer.mjs', import.meta.url).href;
    const options = { encoding: 'utf8', env: { ...process.env, NO_COLOR: '1' } } as const;
    const words = ['--import', without, main, ...values];
    const { status, stderr } = spawnSync(process.execPath, words, options);
    expect(stderr).toMatch(message);
    expect(status).toBe(2);
  });

  it('a command that ends: exit code 2, with what it printed', async () => {
    const child = startRehearsal(['--', process.execPath, '-e', 'console.log("no database")']);
    let errors = '';
    child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    child.stdout.resume();
    await once(child, 'close');
    expect(child.exitCode).toBe(2);
    expect(errors).toContain('no database');
  });
});

it('the ports of the balancer and the replicas are free again afterwards', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ports-'));
  const flags = [
    ...['--replicas', '1', '--clients', '2', '--load', 'json:/plain', '--warmup', '0', '--verbose'],
    ...[
      '--',
      process.execPath,
      '-e',
      `console.log('port', process.env.PORT); import(${JSON.stringify(fixture('cuts'))})`,
    ],
  ];
  const child = startRehearsal(flags, { TMPDIR: folder });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.resume();
  await once(child, 'close');
  await rm(folder, { recursive: true });
  const ports = [...output.matchAll(/port (\d+)/g)].map(([, port]) => Number(port));
  expect(ports).toHaveLength(2);
  for (const port of ports) {
    const server = createServer().listen(port, '127.0.0.1');
    await once(server, 'listening');
    server.close();
  }
});

function kinds(report: Report | undefined, pod: string): string[] {
  return report?.pods.find(({ name }) => name === pod)?.events.map(({ kind }) => kind) ?? [];
}
