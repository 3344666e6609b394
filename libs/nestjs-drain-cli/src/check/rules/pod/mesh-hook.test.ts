import { describe, expect, it } from '@jest/globals';
import { type Change, findingsOf, inContainer, inDeployment } from '../../testing/judge.js';

const annotations =
  (own: object): Change =>
  (deployment) => {
    for (const [key, value] of Object.entries(own)) {
      deployment.setIn(['spec', 'template', 'metadata', 'annotations', key], value);
    }
  };
const ports = (name: string): Change =>
  inContainer('ports', [
    { name: 'http', containerPort: 8001 },
    { name, containerPort: 9001 },
  ]);
const hook = (port: unknown): Change =>
  inContainer('lifecycle', { preStop: { httpGet: { path: '/shutdown/wait', port } } });
const istio: Change[] = [
  inDeployment('spec.template.metadata.labels', { app: 'chat', 'sidecar.istio.io/inject': 'true' }),
  annotations({ 'sidecar.istio.io/nativeSidecar': 'true' }),
];
const linkerd: Change[] = [
  annotations({
    'linkerd.io/inject': 'enabled',
    'config.beta.linkerd.io/proxy-enable-native-sidecar': 'true',
    'config.linkerd.io/default-inbound-policy': 'deny',
  }),
];
const meshes = [
  ['istio-hook-dead', istio, 'traffic.sidecar.istio.io/excludeInboundPorts'],
  ['linkerd-hook-dead', linkerd, 'config.linkerd.io/skip-inbound-ports'],
] as const;

describe.each(meshes)('%s', (id, mesh, excluded) => {
  const found = async (...changes: Change[]) => {
    const findings = await findingsOf([...mesh, ...changes]);
    return findings.map(({ rule, remedy }) => [rule.id, remedy]);
  };

  it('takes a port of control out of the proxy', async () => {
    const [first, ...rest] = await found(ports('management'), hook('management'));
    expect([first, rest]).toEqual([[id, expect.stringContaining(`${excluded}: '9001'`)], []]);
  });

  it('leaves the port of traffic in it, and calls over loopback', async () => {
    const [first, ...rest] = await found(ports('management'), hook('http'));
    expect([first, rest]).toEqual([
      [id, expect.stringMatching(/pre-stop\.js\n\s+- --port\n\s+- '8001'/)],
      [],
    ]);
    expect(first?.[1]).not.toContain(excluded);
  });

  it.each(['9001', '80,9001', '9000-9010'])('is content with %s taken out', async (list) => {
    const out = annotations({ [excluded]: list });
    expect(await found(ports('management'), hook(9001), out)).toEqual([]);
  });
});

it("Linkerd's other policies let the kubelet in", async () => {
  const open = annotations({ 'config.linkerd.io/default-inbound-policy': 'all-unauthenticated' });
  expect(await findingsOf([...linkerd, open])).toEqual([]);
});
