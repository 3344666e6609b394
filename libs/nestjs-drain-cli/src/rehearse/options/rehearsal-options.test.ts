import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { platformNames, platforms } from '../platform/platforms.js';
import { UsageError } from '../usage-error.js';
import { planOf, type RehearsalOptions } from './rehearsal-options.js';

const deployment = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: chat }
spec:
  replicas: 3
  template:
    spec:
      terminationGracePeriodSeconds: 45
      containers:
        - name: app
          image: chat:1
          ports: [{ name: http, containerPort: 8080 }, { name: admin, containerPort: 9000 }]
          env:
            - { name: LISTEN, value: "8080" }
            - { name: ADMIN, value: "9000" }
            - { name: SECRET, valueFrom: { secretKeyRef: { name: a, key: b } } }
            - { name: MODE, value: fast }
          lifecycle:
            preStop: { httpGet: { path: /shutdown/wait, port: admin, httpHeaders: [{ name: X-Token, value: t }] } }
          readinessProbe:
            httpGet: { path: /ready, port: http }
            periodSeconds: 2
`;

describe('the plan of a rehearsal', () => {
  let folder: string;
  const manifest = async (name: string, text: string) => {
    const file = join(folder, name);
    await writeFile(file, text);
    return file;
  };
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'plan-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('has a default for everything but the command', async () => {
    const plan = await planWith({});
    expect(plan.replicas).toBe(2);
    expect(plan.pod.gracePeriod).toBe(30_000);
    expect(plan.pod.portVariable).toBe('PORT');
    expect(plan.pod.readiness.action).toEqual({ type: 'tcp', port: '{port}' });
    expect(plan.loads).toEqual([]);
    expect(plan.loadDefaults).toMatchObject({ clients: 20, keepAlive: true });
    expect(plan.propagation).toBe(900);
  });

  it('takes replicas, grace, hook, probe, port and env from the manifest', async () => {
    const plan = await planWith({ manifest: [await manifest('deployment.yaml', deployment)] });
    expect(plan.replicas).toBe(3);
    expect(plan.pod).toMatchObject({
      gracePeriod: 45_000,
      portVariable: 'LISTEN',
      environment: { LISTEN: '{port}', ADMIN: '{port:9000}', MODE: 'fast' },
      preStop: {
        type: 'http',
        path: '/shutdown/wait',
        port: '{port:9000}',
        headers: { 'X-Token': 't' },
      },
      readiness: { period: 2000, action: { type: 'http', path: '/ready', port: '{port}' } },
    });
  });

  it('chooses the variable of the port by its name before its value', async () => {
    const variables = (text: string) =>
      deployment.replace('- { name: LISTEN, value: "8080" }', text);
    const planOfVariables = async (name: string, text: string) =>
      planWith({ manifest: [await manifest(name, variables(text))] });
    const late = await planOfVariables(
      'late.yaml',
      '- { name: CACHE_SIZE, value: "8080" }\n            - { name: HTTP_PORT, value: "8080" }',
    );
    expect(late.pod.portVariable).toBe('HTTP_PORT');
    expect(late.pod.environment['CACHE_SIZE']).toBe('8080');
    const named = await planOfVariables(
      'named.yaml',
      '- { name: LISTEN, value: "0.0.0.0:8080" }\n            - { name: PORT, value: "8080" }',
    );
    expect(named.pod.portVariable).toBe('PORT');
    expect(named.pod.environment['LISTEN']).toBe('0.0.0.0:{port}');
  });

  it.each(platformNames)('of %s has its order of events and its grace', async (name) => {
    const plan = await planWith({ platform: name });
    expect(plan.platform).toEqual(platforms[name]);
    expect(plan.pod.gracePeriod).toBe(platforms[name].grace);
    expect(plan.replicas).toBe(platforms[name].replicas);
  });

  it('lets the time between the end of new traffic and the signal be set', async () => {
    expect((await planWith({ platform: 'nomad', lead: '3s' })).platform.lead).toBe(3000);
  });

  it('takes no hook and no grace of Kubernetes to another platform', async () => {
    const file = await manifest('deployment.yaml', deployment);
    const plan = await planWith({ manifest: [file], platform: 'swarm' });
    expect(plan.pod.preStop).toBeUndefined();
    expect(plan.pod.gracePeriod).toBe(10_000);
  });

  it('knows that the end was named, and for which kinds of streams', async () => {
    const named = async (options: RehearsalOptions) => (await planWith(options)).recognition.named;
    expect(await named({})).toEqual({ events: false, text: false });
    expect(await named({ completeEvent: ['fin'] })).toEqual({ events: true, text: false });
    expect(await named({ completeText: 'fin' })).toEqual({ events: true, text: true });
  });

  it('lets flags win over the manifest', async () => {
    const file = await manifest('deployment.yaml', deployment);
    const plan = await planWith({
      manifest: [file],
      replicas: 1,
      grace: '5s',
      preStop: 'sleep:3s',
      readiness: '/other',
      env: ['MODE=slow'],
    });
    expect(plan.replicas).toBe(1);
    expect(plan.pod.gracePeriod).toBe(5000);
    expect(plan.pod.preStop).toEqual({ type: 'sleep', duration: 3000 });
    expect(plan.pod.readiness.action).toMatchObject({ path: '/other' });
    expect(plan.pod.readiness.period).toBe(2000);
    expect(plan.pod.environment['MODE']).toBe('slow');
  });

  it('can leave the hook of the manifest out', async () => {
    const file = await manifest('deployment.yaml', deployment);
    const plan = await planWith({ manifest: [file], preStop: 'none' });
    expect(plan.pod.preStop).toBeUndefined();
  });

  it('gives commands of the manifest the port of the replica', async () => {
    const text = deployment.replace(
      /preStop: .*/,
      'preStop: { exec: { command: [curl, "localhost:8080/wait"] } }',
    );
    const plan = await planWith({ manifest: [await manifest('exec.yaml', text)] });
    expect(plan.pod.preStop).toEqual({ type: 'exec', command: ['curl', 'localhost:{port}/wait'] });
  });

  it('asks which workload is meant when there are several', async () => {
    const two = `${deployment}\n---\n${deployment.replace('name: chat', 'name: mail')}`;
    const file = await manifest('two.yaml', two);
    await expect(planWith({ manifest: [file] })).rejects.toThrow(/chat, mail.*--workload/);
    expect((await planWith({ manifest: [file], workload: 'mail' })).replicas).toBe(3);
  });

  it('does not take a patch of the workload for another one', async () => {
    const patch = deployment.replace(/ +image: .*\n/, '');
    const files = [
      await manifest('deployment.yaml', deployment),
      await manifest('patch.yaml', patch),
    ];
    expect((await planWith({ manifest: files })).replicas).toBe(3);
  });

  it('reads loads as kind, method and path', async () => {
    const plan = await planWith({
      load: ['sse:/events', 'json:PUT /orders?x={client}', 'websocket'],
    });
    expect(plan.loads.map(({ kind, method, path }) => [kind, method, path])).toEqual([
      ['sse', 'GET', '/events'],
      ['json', 'PUT', '/orders?x={client}'],
      ['websocket', 'GET', '/'],
    ]);
  });

  it('sends the body of a file with POST', async () => {
    const body = await manifest('body.json', '{"input":"{stream}"}');
    const plan = await planWith({ body });
    expect(plan.loads[0]).toMatchObject({
      kind: 'post',
      method: 'POST',
      body: '{"input":"{stream}"}',
    });
  });

  it.each<[string, RehearsalOptions, RegExp]>([
    [
      'a hook where there are none',
      { platform: 'ecs', preStop: 'sleep:1s' },
      /leave --pre-stop out/,
    ],
    ['more grace than there is', { platform: 'cloud-run', grace: '30s' }, /10 s at most/],
    [
      'a profile of another platform',
      { platform: 'fly', profile: 'single-delete' },
      /leave it out/,
    ],
    ['a lead where there is none', { lead: '3s' }, /leave it out/],
    ['a load of no known kind', { load: ['grpc:/x'] }, /kinds are sse, post/],
    ['a duration that is none', { grace: 'long' }, /write 300ms/],
    ['a hook that is none', { preStop: 'post:/x' }, /none of get:/],
    ['a header without a colon', { header: ['Accept'] }, /Name: value/],
    ['an env without a value', { env: ['A'] }, /NAME=value/],
    ['a readiness that is no path', { readiness: 'ready' }, /such as \/health/],
    ['HAProxy flags without HAProxy', { retries: 2 }, /--balancer haproxy/],
    ['a body that is not there', { body: '/nowhere/body.json' }, /Cannot read/],
    ['a manifest that is not there', { manifest: ['/nowhere'] }, /name a file or a folder/],
    ['a module that is not there', { recognise: '/nowhere.mjs' }, /Cannot load/],
  ])('refuses %s, naming the remedy', async (_, options, message) => {
    const failure = planWith(options);
    await expect(failure).rejects.toThrow(message);
    await expect(failure).rejects.toBeInstanceOf(UsageError);
  });

  it('refuses a manifest that is no YAML, naming the place', async () => {
    const file = await manifest('broken.yaml', 'kind: Deployment\nspec: [1, 2\nother: 3\n');
    await expect(planWith({ manifest: [file] })).rejects.toThrow(/not YAML.*line [23]/s);
  });
});

function planWith(options: RehearsalOptions) {
  return planOf(['node', 'main.js'], options);
}
