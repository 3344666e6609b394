import { describe, expect, it } from '@jest/globals';
import {
  annotation,
  type Change,
  findingsOf,
  inContainer,
  inPod,
  judge,
  stranger,
  variable,
} from '../../testing/judge.js';

type Case = [name: string, changes: Change[], expected: string[]];

const hook = (preStop: unknown) => inContainer('lifecycle', { preStop });
const exec = (...command: string[]) => hook({ exec: { command } });
const call = (port: unknown) => hook({ httpGet: { path: '/shutdown/wait', port } });
const image = (name: string) => inContainer('image', name);
const noHook = inContainer('lifecycle', undefined);

describe('who is the first process', () => {
  it.each([
    [['tini', '--', 'npm', 'start'], true],
    [['tini', '-g', '--', 'npm', 'start'], false],
    [['dumb-init', 'yarn', 'start'], false],
    [['/usr/local/bin/pnpm', 'start'], true],
    [['node_modules/.bin/nest', 'start'], true],
    [['/bin/sh', '-c', 'node dist/main.js'], true],
    [['sh', '-c', 'exec node dist/main.js'], false],
    [['sh', '-c', 'exec npm start'], true],
    [['bash', '-ec', 'trap stop TERM; node dist/main.js & wait'], false],
    [['bash', '-c', 'node dist/main.js'], false],
    [['bash', '-c', 'cd /app && node dist/main.js'], false],
    [['bash', '-c', 'node dist/main.js > log'], true],
    [['bash', '-c', 'node dist/main.js | tee log'], true],
    [['bash', '-c', 'npm run migrate; npm start'], true],
    [['ash', '-c', 'node dist/main.js'], false],
    [['env', 'A=b', 'node', 'dist/main.js'], false],
    [['env', 'A=b', 'npm', 'start'], true],
    [['docker-entrypoint.sh', 'node', 'dist/main.js'], false],
    [['docker-entrypoint.sh', 'npm', 'start'], true],
    [['corepack', 'yarn', 'start'], true],
    [['sh', 'start.sh'], true],
    [['./entrypoint.sh'], false],
  ])('%j is a wrapper: %s', async (command, wraps) => {
    const expected = wraps ? ['wrapper-as-first-process'] : [];
    expect(await judge([inContainer('command', command)])).toEqual(expected);
  });

  it.each([
    ['node:22-alpine', 'sh -c', undefined],
    ['node:22', 'sh -c', 'error'],
    ['node:22-slim', 'sh -c', 'error'],
    ['example/chat:1', 'sh -c', 'warning'],
    ['node:22-alpine', 'npm', 'note'],
    ['node:22', 'npm', 'error'],
    ['example/chat:1', 'npm', 'error'],
  ])('in %s, %s is %s: what the shell does is known or not', async (name, start, severity) => {
    const command = start === 'npm' ? ['npm', 'start'] : ['sh', '-c', 'node dist/main.js'];
    const found = await findingsOf([image(name), inContainer('command', command)]);
    expect(found.map((each) => each.severity)).toEqual(severity ? [severity] : []);
  });

  it.each([
    [
      'node:22',
      ['npm', 'start'],
      /^npm start is the first .*, so the service may never get SIGTERM\.$/,
    ],
    [
      'node:22',
      ['sh', '-c', 'node a'],
      /^sh -c is the first .*, so the service may never get SIGTERM\.$/,
    ],
    [
      'a/chat:1',
      ['sh', '-c', 'node a'],
      /^sh -c is the first .*: as dash it would not pass SIGTERM on\.$/,
    ],
  ])('in %s the message about %j says what follows', async (name, command, message) => {
    const [finding] = await findingsOf([image(name), inContainer('command', command)]);
    expect(finding?.message).toMatch(message);
  });

  it('command and args count together, and args alone', async () => {
    const split = [inContainer('command', ['sh', '-c']), inContainer('args', ['npm start'])];
    expect(await judge(split)).toEqual(['wrapper-as-first-process']);
    const args = [inContainer('command', undefined), inContainer('args', ['npx', 'server'])];
    expect(await judge(args)).toEqual(['wrapper-as-first-process']);
  });
});

describe('the grace must be longer than what the pod may need', () => {
  const grace = (seconds: number) => inPod('terminationGracePeriodSeconds', seconds);

  it.each<[string, Change[], boolean]>([
    ['timeout + flushTimeout is not yet enough', [grace(302)], true],
    ['a second more is', [grace(303)], false],
    ['30 s is the default', [inPod('terminationGracePeriodSeconds', undefined)], true],
    [
      'a sleep before the drain counts',
      [exec('sh', '-c', 'sleep 28; wget host/shutdown/wait')],
      true,
    ],
    ['a sleep action counts', [hook({ sleep: { seconds: 28 } })], true],
    ['a shorter one fits', [hook({ sleep: { seconds: 27 } })], false],
    ['flushTimeout counts', [annotation('flush-timeout', '30')], true],
    [
      'a sleep longer than the grace, with no drain',
      [...stranger, grace(10), exec('sleep', '10')],
      true,
    ],
  ])('%s', async (_, changes, short) => {
    expect((await judge(changes)).includes('grace-too-short')).toBe(short);
  });

  it('a timeout from a ConfigMap counts, and is not guessed when that is not in the input', async () => {
    const name = 'chat-settings';
    const changes = [
      annotation('timeout', '$(DRAIN_TIMEOUT)'),
      inContainer('envFrom', [{ configMapRef: { name } }]),
      grace(60),
    ];
    const data = { DRAIN_TIMEOUT: '90' };
    const map = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data };
    expect(await judge(changes)).toEqual(['settings-unknown']);
    expect(await judge(changes, map)).toEqual(['grace-too-short']);
  });
});

describe('the hook', () => {
  it.each<Case>([
    [
      'needs no shell when node runs it',
      [exec('node', 'wait.js'), image('cgr.dev/chainguard/node')],
      [],
    ],
    [
      'finds no sleep in a distroless image',
      [exec('sleep', '5'), image('gcr.io/distroless/nodejs22')],
      ['pre-stop-exec-shell'],
    ],
    [
      'only sleeps in a shell as well',
      [exec('sh', '-c', 'sleep 5'), annotation('signals', 'false')],
      ['pre-stop-sleep'],
    ],
    [
      'is misspelled',
      [hook({ httpGet: { path: '/shutdown/wiat', port: 'http' } })],
      ['pre-stop-path'],
    ],
    [
      'calls a route that the library does not have',
      [hook({ httpGet: { path: '/drain', port: 'http' } })],
      ['pre-stop-path'],
    ],
    ['asks / without a path', [hook({ httpGet: { port: 'http' } })], ['pre-stop-path']],
    [
      'has no httpPost',
      [hook({ httpPost: { path: '/shutdown/wait', port: 'http' } })],
      ['pre-stop-method'],
    ],
    ['may be missing when SIGTERM drains', [noHook], []],
    [
      'may not when SIGTERM is not handled',
      [noHook, annotation('signals', 'false')],
      ['pre-stop-missing'],
    ],
    [
      'may call a port that the environment names',
      [call(9001), variable('MANAGEMENT_PORT', '9001')],
      [],
    ],
    ['may not call a port that nothing names', [call(9001)], ['pre-stop-port']],
  ])('%s', async (_, changes, expected) => {
    expect(await judge(changes)).toEqual(expected);
  });
});

describe('a path of the hook that is misspelled', () => {
  const found = async (path: string, ...before: Change[]) =>
    (await findingsOf([...before, hook({ httpGet: { path, port: 'http' } })])).find(
      ({ rule }) => rule.id === 'pre-stop-path',
    );

  it.each([
    ['/shutdown/wiat', '/shutdown/wait'],
    ['/api/shutdwon/wait', '/api/shutdown/wait'],
    ['/Shutdown/Wait', '/shutdown/wait'],
  ])('%s is mended to %s', async (path, meant) => {
    const finding = await found(path);
    expect(finding?.message).toContain(
      `${path} is no route of nestjs-drain; did you mean ${meant}?`,
    );
    expect(finding?.remedy).toMatch(new RegExp(`path: ${meant}$`, 'm'));
  });

  it('is one also where nothing else shows the library', async () => {
    const finding = await found('/shutdown/wiat', ...stranger);
    expect(finding?.severity).toBe('error');
    expect(finding?.message).toContain('/shutdown/wait? A 404 answers at once. SIGTERM comes');
    expect(await found('/drain', ...stranger)).toBeUndefined();
  });
});

describe('one exemption for all rules about the hook', () => {
  const dead: [string, Change][] = [
    ['a wrong port', call(9001)],
    ['an unknown port name', call('management')],
    ['a path that does not wait', hook({ httpGet: { path: '/health', port: 'http' } })],
    ['a misspelled path', hook({ httpGet: { path: '/api/shutdown/wiat', port: 'http' } })],
    ['a route that the library does not have', hook({ httpGet: { path: '/drain', port: 'http' } })],
    ['a POST', hook({ httpGet: { path: '/shutdown/initiate', port: 'http' } })],
    ['a hook that returns at once', exec('sh', '-c', 'kill 1')],
    [
      'a call of the node',
      hook({ httpGet: { host: '127.0.0.1', path: '/shutdown/wait', port: 8001 } }),
    ],
  ];

  it.each(dead)(
    '%s is a note where SIGTERM drains, as no hook is no finding',
    async (_, change) => {
      expect((await findingsOf([change])).map(({ severity }) => severity)).toEqual(['note']);
      expect(await findingsOf([noHook])).toEqual([]);
    },
  );

  it.each(dead)('%s loses streams where SIGTERM does not', async (_, change) => {
    const found = await findingsOf([change, annotation('signals', 'false')]);
    expect(found.map(({ severity }) => severity)).not.toContain('note');
    expect(found).toHaveLength(1);
  });
});

describe('a container beside the service', () => {
  const beside = (container: object): Change[] => [
    inPod('containers.1', { name: 'side', ...container }),
  ];

  it.each<Case>([
    [
      'a proxy ends too soon',
      beside({ image: 'registry.example/envoyproxy/envoy:v1' }),
      ['sidecar-ends-first'],
    ],
    [
      'a proxy with a hook of its own waits',
      beside({ image: 'nginx:1', lifecycle: { preStop: { exec: { command: ['wait'] } } } }),
      [],
    ],
    [
      'the Cloud SQL proxy waits when told so',
      beside({ image: 'cloud-sql-proxy:2', args: ['--max-sigterm-delay=300s'] }),
      [],
    ],
    [
      'an exporter is no server',
      beside({ image: 'nginx/nginx-prometheus-exporter:1', ports: [{ containerPort: 9113 }] }),
      [],
    ],
  ])('%s', async (_, changes, expected) => {
    expect(await judge(changes)).toEqual(expected);
  });
});
