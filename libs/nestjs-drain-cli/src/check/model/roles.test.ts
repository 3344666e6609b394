import { describe, expect, it } from '@jest/globals';
import { stringify } from 'yaml';
import { checkText } from '../testing/fixtures.js';

interface Pod {
  readonly image?: string;
  readonly container?: object;
  readonly spec?: object;
}

const workload = (
  apiVersion: string,
  kind: string,
  name: string,
  { image = `example/${name}:1`, container = {}, spec = {} }: Pod = {},
) => ({
  apiVersion,
  kind,
  metadata: { name },
  spec: {
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: { containers: [{ name, image, ...container }] },
    },
    ...spec,
  },
});
const deployment = (name: string, pod?: Pod) => workload('apps/v1', 'Deployment', name, pod);
const service = (name: string, spec: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name },
  spec: { selector: { app: name }, ports: [{ port: 80 }], ...spec },
});

const judged = async (...resources: object[]) =>
  checkText(resources.map((each) => stringify(each)).join('---\n'));

describe('what is not understood is judged', () => {
  it.each<[string, object[]]>([
    ['a Deployment without a port', [deployment('chat')]],
    ['beside an unrelated Service', [deployment('chat'), service('redis')]],
    ['with a Service that is mistyped', [deployment('chat'), service('caht')]],
    ['a kind of an operator', [workload('example.com/v1', 'Chat', 'chat')]],
    ['of a group that is gone', [workload('extensions/v1beta1', 'Deployment', 'chat')]],
    ['of OpenShift', [workload('apps.openshift.io/v1', 'DeploymentConfig', 'chat')]],
    ['a service behind Dapr', [withDapr({ 'dapr.io/app-port': '80' })]],
    ['a DaemonSet with a Service', [workload('apps/v1', 'DaemonSet', 'chat'), service('chat')]],
    [
      'an agent that has a port of the web',
      [deployment('chat-agent', { container: { ports: [{ containerPort: 8080 }] } })],
    ],
    ['with one stray container item', [withStray()]],
    [
      'a Knative Service',
      [
        {
          apiVersion: 'serving.knative.dev/v1',
          kind: 'Service',
          metadata: { name: 'chat' },
          spec: { template: { spec: { containers: [{ image: 'example/chat:1' }] } } },
        },
      ],
    ],
    [
      'an Argo Rollout that borrows its pods',
      [
        {
          apiVersion: 'argoproj.io/v1alpha1',
          kind: 'Rollout',
          metadata: { name: 'chat' },
          spec: { workloadRef: { kind: 'Deployment', name: 'chat' }, strategy: { canary: {} } },
        },
        deployment('chat', { spec: { replicas: 0 } }),
      ],
    ],
  ])('%s', async (_, resources) => {
    const { judged: count, findings, patches } = await judged(...resources);
    expect([count, patches]).toEqual([1, 0]);
    expect(findings.length).toBeGreaterThan(0);
  });

  it('and the rollout of each kind by its own fields', async () => {
    const config = workload('apps.openshift.io/v1', 'DeploymentConfig', 'chat', {
      spec: { replicas: 2, strategy: { rollingParams: { maxUnavailable: '100%' } } },
    });
    const { findings } = await judged(config);
    const [found] = findings.filter(({ rule }) => rule.id === 'max-unavailable');
    expect(found).toMatchObject({ severity: 'error', resource: 'DeploymentConfig/chat' });
  });
});

function withDapr(own: object): object {
  const whole = deployment('chat');
  const annotations = { 'dapr.io/enabled': 'true', ...own };
  Object.assign(whole.spec.template.metadata, { annotations });
  return whole;
}

function withHelper(): object {
  const whole = deployment('db', { image: 'mysql:8' });
  const helper = { name: 'xtrabackup', image: 'example/xtrabackup:1' };
  whole.spec.template.spec.containers.push({
    ...helper,
    ports: [{ containerPort: 3307 }],
  } as never);
  return whole;
}

function withStray(): object {
  const whole = deployment('chat');
  whole.spec.template.spec.containers.push({ name: 'stray' } as never);
  return whole;
}

it.each(['caht', 'chta', 'chatt', 'Chat', 'cht'])(
  'a Service that selects %s meant chat',
  async (app) => {
    const mistyped = service('front', { selector: { app } });
    const { findings } = await judged(deployment('chat'), mistyped);
    const [found] = findings.filter(({ rule }) => rule.id === 'service-selects-nothing');
    expect(found).toMatchObject({
      severity: 'error',
      remedy: expect.stringContaining('app: chat'),
    });
  },
);

it('a Service of pods that are elsewhere is a note', async () => {
  const { findings } = await judged(deployment('chat'), service('redis'));
  const [found] = findings.filter(({ rule }) => rule.id === 'service-selects-nothing');
  expect(found).toMatchObject({ severity: 'note', edits: [] });
});

it('a Service may select pods that another kind makes', async () => {
  const experiment = {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Experiment',
    metadata: { name: 'preview' },
    spec: { templates: [{ metadata: { labels: { app: 'preview' } } }] },
  };
  const { findings } = await judged(deployment('chat'), service('preview'), experiment);
  expect(findings.map(({ rule }) => rule.id)).not.toContain('service-selects-nothing');
});

describe('what is no service that streams is listed as not judged', () => {
  it.each<[string, object[], RegExp]>([
    ['a database', [deployment('db', { image: 'postgres:17' })], /database/],
    [
      'a database behind a Service',
      [deployment('db', { image: 'bitnami/redis:8' }), service('db')],
      /database/,
    ],
    ['a worker by its name', [deployment('chat-worker')], /worker/],
    ['a caller behind Dapr', [withDapr({})], /Dapr sends it nothing/],
    ['an adapter of metrics', [deployment('stats-adapter')], /worker/],
    ['a helper beside a database', [withHelper(), service('db')], /database/],
    [
      'a controller by its flags',
      [deployment('chat', { container: { args: ['--leader-elect'] } })],
      /controller/,
    ],
    [
      'a controller with a Service for metrics',
      [
        deployment('x-controller'),
        service('x-controller', { ports: [{ name: 'metrics', port: 80 }] }),
      ],
      /controller/,
    ],
    [
      'an agent on every node',
      [workload('apps/v1', 'DaemonSet', 'node-thing')],
      /agent on every node/,
    ],
    [
      'a member of a cluster',
      [workload('apps/v1', 'StatefulSet', 'ring'), service('ring', { clusterIP: 'None' })],
      /member of a cluster/,
    ],
    [
      'a pod to open a shell in',
      [deployment('chat', { container: { command: ['/bin/sleep', 'infinity'] } }), service('chat')],
      /only waits/,
    ],
    [
      'a controller with a webhook',
      [deployment('controller'), service('webhook-service', { selector: { app: 'controller' } })],
      /controller/,
    ],
    [
      'a kind that keeps its pods in a place of its own',
      [
        {
          apiVersion: 'leaderworkerset.x-k8s.io/v1',
          kind: 'LeaderWorkerSet',
          metadata: { name: 'vllm' },
          spec: {
            leaderWorkerTemplate: {
              workerTemplate: {
                spec: { containers: [{ name: 'vllm', image: 'vllm/vllm-openai' }] },
              },
            },
          },
        },
      ],
      /does not know where its kind keeps pods/,
    ],
    [
      'a Pod of its own',
      [
        {
          apiVersion: 'v1',
          kind: 'Pod',
          metadata: { name: 'a', labels: { app: 'a' } },
          spec: { containers: [{ name: 'a', image: 'b' }] },
        },
      ],
      /bare Pod/,
    ],
    [
      'a member that has only a port for peers',
      [deployment('ring', { container: { ports: [{ name: 'transport', containerPort: 9300 }] } })],
      /member of a cluster/,
    ],
    ['a Job', [workload('batch/v1', 'Job', 'once')], /ends by itself/],
    [
      'a workload scaled to zero',
      [deployment('chat', { spec: { replicas: 0 } })],
      /scaled to zero/,
    ],
    [
      'a declared worker',
      [
        {
          ...deployment('chat'),
          metadata: { name: 'chat', annotations: { 'nestjs-drain/role': 'worker' } },
        },
      ],
      /says so/,
    ],
    [
      'a Rollout whose pods are elsewhere',
      [
        {
          apiVersion: 'argoproj.io/v1alpha1',
          kind: 'Rollout',
          metadata: { name: 'chat' },
          spec: { workloadRef: { kind: 'Deployment', name: 'chat' }, strategy: { canary: {} } },
        },
      ],
      /workloadRef Deployment\/chat is not in the input/,
    ],
  ])('%s', async (_, resources, reason) => {
    const report = await judged(...resources);
    expect(report.judged).toBe(0);
    expect(report.notJudged.map((each) => each.reason)).toEqual([expect.stringMatching(reason)]);
    const services = new Set(['service-selects-nothing', 'target-port-missing']);
    expect(report.findings.filter(({ rule }) => !services.has(rule.id))).toEqual([]);
  });

  it('an Argo canary with trafficRouting keeps its stable pods, so nothing is missing', async () => {
    const rollout = (canary: object) =>
      workload('argoproj.io/v1alpha1', 'Rollout', 'chat', {
        spec: { replicas: 8, strategy: { canary } },
      });
    const ids = async (canary: object) =>
      (await judged(rollout(canary))).findings.map(({ rule }) => rule.id);
    expect(await ids({})).toContain('max-unavailable');
    expect(await ids({ trafficRouting: { nginx: {} } })).not.toContain('max-unavailable');
  });
});
