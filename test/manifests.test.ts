import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import {
  checkRendered,
  missingKubectl,
  render,
  renderText,
  type Manifests,
} from './support/manifests.js';
import { startService } from './support/service.js';
import { eventually } from '../testing/eventually.js';

const missing = missingKubectl();
if (missing !== undefined) console.warn(`Skipped the manifests: ${missing}.`);

const kubelet = { 'user-agent': 'kube-lifecycle/1.36', accept: '*/*' };

function timesOf({ env, deployment }: Manifests) {
  return {
    timeout: Number(env.GRACEFUL_SHUTDOWN_TIMEOUT),
    delay: Number(env.GRACEFUL_SHUTDOWN_PROPAGATION_DELAY),
    flush: Number(env.GRACEFUL_SHUTDOWN_FLUSH_TIMEOUT),
    declaredGrace: Number(env.TERMINATION_GRACE_PERIOD_SECONDS),
    grace: deployment.spec.template.spec.terminationGracePeriodSeconds,
  };
}

(missing !== undefined ? describe.skip : describe).each([
  'base',
  'overlays/demo',
  'overlays/management-port',
  'overlays/production',
])('k8s/%s', (directory) => {
  const manifests = missing === undefined ? render(directory) : ({} as Manifests);
  const pod = manifests.deployment?.spec.template;
  const container = pod?.spec.containers[0];

  it('leaves the process time to exit before SIGKILL', () => {
    const { timeout, delay, flush, declaredGrace, grace } = timesOf(manifests);
    expect(delay).toBeGreaterThan(1);
    expect(delay).toBeLessThan(timeout);
    expect(grace).toBeGreaterThanOrEqual(timeout + flush + 5);
    expect(declaredGrace).toBe(grace);
  });

  it('never takes a pod away before its successor is ready', () => {
    expect(manifests.deployment.spec.strategy.rollingUpdate.maxUnavailable).toBe(0);
    expect(manifests.budget.spec.maxUnavailable).toBe(1);
  });

  it('selects its own pods', () => {
    const { labels } = pod.metadata;
    expect(labels).toMatchObject(manifests.service.spec.selector);
    expect(labels).toMatchObject(manifests.budget.spec.selector.matchLabels);
  });

  it('runs without privileges', () => {
    expect(pod.spec.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 1000 });
    expect(container.securityContext).toMatchObject({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
  });

  it('asks on the port that the service listens on', () => {
    const [port] = container.ports;
    expect(manifests.env.PORT).toBe(String(port?.containerPort));
    expect(manifests.service.spec.ports[0]?.targetPort).toBe(port?.name);
    const probed = Number(manifests.env.MANAGEMENT_PORT ?? manifests.env.PORT);
    expect(container.ports.map(({ containerPort }) => containerPort)).toContain(probed);
    for (const { httpGet } of handlersOf(manifests)) expect(httpGet.port).toBe(probed);
  });

  it('calls only what the service answers', async () => {
    const hasManagementPort = manifests.env.MANAGEMENT_PORT !== undefined;
    const service = await startService({
      env: { ...manifests.env, PORT: '0', ...(hasManagementPort && { MANAGEMENT_PORT: '0' }) },
    });
    const management = /shutdown routes are on port (\d+)/.exec(service.output())?.[1];
    expect(management !== undefined).toBe(hasManagementPort);
    const url = management === undefined ? service.url : `http://127.0.0.1:${management}`;
    const get = (path: string) => fetch(`${url}${path}`, { headers: kubelet });
    try {
      for (const { httpGet } of handlersOf(manifests).slice(1)) {
        expect((await get(httpGet.path)).status).toBe(200);
      }
      const waiting = get(container.lifecycle.preStop.httpGet.path);
      await eventually(async () =>
        expect(
          await (async () => (await get(container.readinessProbe.httpGet.path)).status)(),
        ).toBe(503),
      );
      expect((await get(container.livenessProbe.httpGet.path)).status).toBe(200);
      expect(await (await waiting).json()).toMatchObject({ status: 'completed' });
      service.process.kill('SIGTERM');
      expect(await service.exited).toEqual({ code: 0, signal: null });
    } finally {
      await service.stop();
    }
  });
});

(missing !== undefined ? describe.skip : describe)('the base', () => {
  it('carries the times of the documented flow', () => {
    expect(timesOf(render('base'))).toMatchObject({ timeout: 300, delay: 5, grace: 330 });
  });
});

(missing !== undefined ? describe.skip : describe)('check passes what kubectl renders', () => {
  it.each(['base', 'overlays/management-port', 'overlays/production', 'overlays/resume'])(
    'k8s/%s, with nothing to note',
    (directory) => {
      const { status, stdout } = checkRendered(renderText(directory));
      expect([status, stdout]).toEqual([0, expect.stringMatching(/nothing that would lose a/)]);
    },
  );
});

describe('the image', () => {
  const dockerfile = readFileSync(new URL('../Dockerfile', import.meta.url), 'utf8');

  it('runs node as PID 1, without a shell or npm, and not as root', () => {
    expect(dockerfile).toMatch(/^ENTRYPOINT \["node", "dist\/main\.js"\]$/m);
    expect(dockerfile).not.toMatch(/^CMD /m);
    expect(dockerfile).toMatch(/^USER 1000:1000$/m);
  });
});

/** The hook first, then the probes. */
function handlersOf({ deployment }: Manifests) {
  const { lifecycle, startupProbe, readinessProbe, livenessProbe } =
    deployment.spec.template.spec.containers[0];
  return [lifecycle.preStop, startupProbe, readinessProbe, livenessProbe];
}
