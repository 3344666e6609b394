import { describe, expect, it } from '@jest/globals';
import { type Change, inDeployment, judge } from '../../testing/judge.js';

type Case = [name: string, changes: Change[], expected: string[]];

const replicas = (count: number) => inDeployment('spec.replicas', count);
const update = (rollingUpdate: object) => inDeployment('spec.strategy', { rollingUpdate });

describe('the rollout', () => {
  it.each<Case>([
    ['25 % of 3 is none', [replicas(3), update({ maxUnavailable: '25%' })], []],
    ['25 % of 4 is one', [replicas(4), update({ maxUnavailable: '25%' })], ['max-unavailable']],
    [
      '25 % is the default',
      [replicas(4), inDeployment('spec.strategy', undefined)],
      ['max-unavailable'],
    ],
    ['a workload scaled to zero is not judged', [replicas(0), update({ maxUnavailable: 3 })], []],
  ])('%s', async (_, changes, expected) => {
    expect(await judge(changes)).toEqual(expected);
  });

  it('a budget in another namespace does not count', async () => {
    const apart: Change = (deployment, budget) => {
      deployment.setIn(['metadata', 'namespace'], 'one');
      budget.setIn(['metadata', 'namespace'], 'two');
    };
    expect(await judge([apart])).toEqual(['disruption-budget-missing']);
  });

  it("an autoscaler's least counts instead of replicas", async () => {
    const scaler = (minReplicas: number) => ({
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      metadata: { name: 'chat' },
      spec: { scaleTargetRef: { kind: 'Deployment', name: 'chat' }, minReplicas, maxReplicas: 3 },
    });
    const none = inDeployment('spec.replicas', undefined);
    expect(await judge([none], scaler(2))).toEqual([]);
    expect(await judge([none], scaler(1))).toContain('single-replica');
  });
});

describe('Istio', () => {
  const annotated = (key: string, value: string): Change[] => [
    inDeployment('spec.template.metadata', {
      labels: { app: 'chat', 'sidecar.istio.io/inject': 'true' },
      annotations: {
        [key]: value,
        'traffic.sidecar.istio.io/excludeInboundPorts': '8001',
        'nestjs-drain/timeout': '300',
        'nestjs-drain/propagation-delay': '5',
      },
    }),
  ];
  const config = (value: string) => annotated('proxy.istio.io/config', value);

  it.each<Case>([
    [
      'waits for its connections',
      config("proxyMetadata: { EXIT_ON_ZERO_ACTIVE_CONNECTIONS: 'true' }"),
      [],
    ],
    ['drains long enough', config('terminationDrainDuration: 302s'), []],
    ['drains too short', config('terminationDrainDuration: 60s'), ['istio-proxy-ends-first']],
    ['runs as a native sidecar', annotated('sidecar.istio.io/nativeSidecar', 'true'), []],
  ])('%s', async (_, changes, expected) => {
    expect(await judge(changes)).toEqual(expected);
  });

  it('is injected by the label of the namespace', async () => {
    const labels = { 'istio-injection': 'enabled' };
    const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'prod', labels } };
    const there: Change = (deployment) => deployment.setIn(['metadata', 'namespace'], 'prod');
    expect((await judge([there], namespace)).sort()).toEqual([
      'istio-hook-dead',
      'istio-proxy-ends-first',
    ]);
  });
});
