import { describe, expect, it } from '@jest/globals';
import { apply } from './testing/apply.js';
import { checkText } from './testing/fixtures.js';
import {
  annotation,
  type Change,
  inContainer,
  inDeployment,
  inPod,
  judge,
  stranger,
  textOf,
} from './testing/judge.js';

/** One danger in an otherwise good manifest, and the rule that must name it, alone. */
type Danger = [danger: string, rule: string, changes: readonly Change[], ...others: object[]];

const resource = (apiVersion: string, kind: string, spec: object, annotations?: object) => ({
  apiVersion,
  kind,
  metadata: { name: 'chat', ...(annotations && { annotations }) },
  spec,
});
const service = (spec: object = {}, annotations?: object) =>
  resource(
    'v1',
    'Service',
    { selector: { app: 'chat' }, ports: [{ port: 80, targetPort: 'http' }], ...spec },
    annotations,
  );
const ingress = (ingressClassName: string, annotations?: object) =>
  resource(
    'networking.k8s.io/v1',
    'Ingress',
    { ingressClassName, defaultBackend: { service: { name: 'chat', port: { number: 80 } } } },
    annotations,
  );
const target = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'chat' };
const calm = {
  scaleDown: {
    stabilizationWindowSeconds: 300,
    policies: [{ type: 'Pods', value: 1, periodSeconds: 60 }],
  },
};
const scaler = (spec: object) =>
  resource('autoscaling/v2', 'HorizontalPodAutoscaler', {
    scaleTargetRef: target,
    minReplicas: 2,
    maxReplicas: 6,
    behavior: calm,
    ...spec,
  });
const keda = (spec: object) =>
  resource('keda.sh/v1alpha1', 'ScaledObject', {
    scaleTargetRef: { name: 'chat' },
    minReplicaCount: 2,
    maxReplicaCount: 6,
    advanced: { horizontalPodAutoscalerConfig: { behavior: calm } },
    ...spec,
  });
const noReplicas = inDeployment('spec.replicas', undefined);
const backendRefs = [{ name: 'chat', port: 80 }];
const route = (group: string, kind: string, timeouts: object) =>
  resource(group, kind, { parentRefs: [{ name: 'public' }], rules: [{ timeouts, backendRefs }] });
const aws = (key: string) => `service.beta.kubernetes.io/aws-load-balancer-${key}`;
const balanced = (annotations: object) => service({ type: 'LoadBalancer' }, annotations);

/** Another stack, which lets its streams end after SIGTERM; its longest one takes 60 s. */
const other: readonly Change[] = [
  ...stranger,
  annotation('longest-stream', '60'),
  annotation('signals', 'true'),
];
const hook = (...command: string[]): Change[] => [
  ...other,
  inContainer('lifecycle', { preStop: { exec: { command } } }),
];
const start = (...command: string[]): Change[] => [inContainer('command', command)];

const dangers: readonly Danger[] = [
  [
    "an httpGet hook behind Istio's proxy",
    'istio-hook-dead',
    [
      inDeployment('spec.template.metadata.labels', {
        app: 'chat',
        'sidecar.istio.io/inject': 'true',
      }),
      inDeployment('spec.template.metadata.annotations', {
        'nestjs-drain/timeout': '300',
        'nestjs-drain/propagation-delay': '5',
        'sidecar.istio.io/nativeSidecar': 'true',
      }),
    ],
  ],
  [
    'a Service selector with a typing error',
    'service-selects-nothing',
    [],
    service({ selector: { app: 'caht' } }),
  ],
  [
    'a Service selector with a label too many',
    'service-selects-nothing',
    [],
    service({ selector: { app: 'chat', tier: 'web' } }),
  ],
  [
    'a targetPort name that no container has',
    'target-port-missing',
    [],
    service({ ports: [{ port: 80, targetPort: 'web' }] }),
  ],
  [
    'a targetPort number that no container has',
    'target-port-missing',
    [],
    service({ ports: [{ port: 80, targetPort: 8080 }] }),
  ],
  [
    'publishNotReadyAddresses',
    'publish-not-ready-addresses',
    [],
    service({ publishNotReadyAddresses: true }),
  ],
  ['replicas beside an autoscaler', 'replicas-beside-autoscaler', [], scaler({})],
  [
    'an autoscaler whose target is mistyped',
    'autoscaler-target-missing',
    [],
    scaler({ scaleTargetRef: { ...target, name: 'chatt' } }),
  ],
  [
    'an autoscaler that decides sooner than a drain ends',
    'scale-down-churn',
    [noReplicas],
    scaler({ behavior: { scaleDown: { ...calm.scaleDown, stabilizationWindowSeconds: 60 } } }),
  ],
  [
    'an autoscaler that takes all surplus pods at once',
    'scale-down-churn',
    [noReplicas],
    scaler({ behavior: {} }),
  ],
  [
    'KEDA that takes all surplus pods at once',
    'scale-down-churn',
    [noReplicas],
    keda({ advanced: {} }),
  ],
  [
    'KEDA cooldown shorter than the drain',
    'scale-down-churn',
    [noReplicas, inDeployment('metadata.annotations', { 'nestjs-drain/ignore': 'single-replica' })],
    keda({ minReplicaCount: 0, cooldownPeriod: 30 }),
  ],
  ['KEDA that scales to zero', 'single-replica', [noReplicas], keda({ minReplicaCount: 0 })],
  [
    'VPA in mode Auto',
    'vertical-autoscaler-evicts',
    [],
    resource('autoscaling.k8s.io/v1', 'VerticalPodAutoscaler', { targetRef: target }),
  ],
  ['one replica', 'single-replica', [inDeployment('spec.replicas', 1)]],
  ['Recreate', 'recreate-strategy', [inDeployment('spec.strategy', { type: 'Recreate' })]],
  [
    'maxUnavailable 100 %',
    'max-unavailable',
    [inDeployment('spec.strategy.rollingUpdate.maxUnavailable', '100%')],
  ],
  ['no topology spread', 'spread-missing', [inPod('topologySpreadConstraints', undefined)]],
  ['no memory request and limit', 'memory-unbounded', [inContainer('resources', undefined)]],
  [
    'no memory limit',
    'memory-unbounded',
    [inContainer('resources', { requests: { memory: '1Gi' } })],
  ],
  [
    'spot nodes of Karpenter',
    'spot-grace',
    [inPod('nodeSelector', { 'karpenter.sh/capacity-type': 'spot' })],
  ],
  [
    'spot nodes of GKE',
    'spot-grace',
    [inPod('nodeSelector', { 'cloud.google.com/gke-spot': 'true' })],
  ],
  [
    'spot nodes by a toleration',
    'spot-grace',
    [
      inPod('tolerations', [
        {
          key: 'kubernetes.azure.com/scalesetpriority',
          operator: 'Equal',
          value: 'spot',
          effect: 'NoSchedule',
        },
      ]),
    ],
  ],
  [
    'no PodDisruptionBudget',
    'disruption-budget-missing',
    [(_, budget) => budget.set('kind', 'Other')],
  ],
  [
    'a PodDisruptionBudget that protects sick pods',
    'disruption-budget-unhealthy',
    [(_, budget) => budget.deleteIn(['spec', 'unhealthyPodEvictionPolicy'])],
  ],
  [
    'a PodDisruptionBudget that blocks',
    'disruption-budget-blocks',
    [(_, budget) => budget.setIn(['spec', 'maxUnavailable'], 0)],
  ],
  [
    'a PodDisruptionBudget of 100 %',
    'disruption-budget-blocks',
    [
      (_, budget) => {
        budget.deleteIn(['spec', 'maxUnavailable']);
        budget.setIn(['spec', 'minAvailable'], '100%');
      },
    ],
  ],
  [
    'a PodDisruptionBudget that selects nothing',
    'disruption-budget-selects-nothing',
    [(_, budget) => budget.setIn(['spec', 'selector', 'matchLabels', 'app'], 'caht')],
  ],
  [
    'HTTPRoute timeout',
    'route-timeout',
    [],
    service(),
    route('gateway.networking.k8s.io/v1', 'HTTPRoute', { request: '30s' }),
  ],
  [
    'GRPCRoute timeout',
    'route-timeout',
    [],
    service(),
    route('gateway.networking.k8s.io/v1', 'GRPCRoute', { request: '30s' }),
  ],
  [
    'HTTPRoute timeout of the linkerd policy',
    'route-timeout',
    [],
    service(),
    route('policy.linkerd.io/v1beta3', 'HTTPRoute', { request: '10s' }),
  ],
  [
    'linkerd timeout annotation of a Service',
    'route-timeout',
    [],
    service({}, { 'timeout.linkerd.io/request': '10s' }),
  ],
  [
    'linkerd ServiceProfile timeout',
    'route-timeout',
    [],
    service(),
    {
      ...resource('linkerd.io/v1alpha2', 'ServiceProfile', {
        routes: [{ name: 'all', timeout: '10s' }],
      }),
      metadata: { name: 'chat.default.svc.cluster.local' },
    },
  ],
  [
    'VirtualService timeout',
    'route-timeout',
    [],
    service(),
    resource('networking.istio.io/v1', 'VirtualService', {
      http: [{ timeout: '15s', route: [{ destination: { host: 'chat' } }] }],
    }),
  ],
  [
    'DestinationRule idleTimeout',
    'route-timeout',
    [],
    service(),
    resource('networking.istio.io/v1', 'DestinationRule', {
      host: 'chat',
      trafficPolicy: { connectionPool: { http: { idleTimeout: '30s' } } },
    }),
  ],
  [
    'DestinationRule maxConnectionDuration',
    'route-timeout',
    [],
    service(),
    resource('networking.istio.io/v1', 'DestinationRule', {
      host: 'chat',
      trafficPolicy: { connectionPool: { tcp: { maxConnectionDuration: '60s' } } },
    }),
  ],
  [
    'Contour response timeout',
    'route-timeout',
    [],
    service(),
    resource('projectcontour.io/v1', 'HTTPProxy', {
      routes: [{ services: [{ name: 'chat' }], timeoutPolicy: { response: '1m' } }],
    }),
  ],
  [
    'Emissary Mapping without timeout_ms (3 s)',
    'route-timeout',
    [],
    service(),
    resource('getambassador.io/v3alpha1', 'Mapping', {
      hostname: '*',
      prefix: '/',
      service: 'chat:80',
    }),
  ],
  ['nginx proxy-read-timeout', 'ingress-nginx-timeout', [], service(), ingress('nginx')],
  [
    'nginx proxy-buffering',
    'ingress-nginx-buffering',
    [],
    service(),
    ingress('nginx', {
      'nginx.ingress.kubernetes.io/proxy-read-timeout': '600',
      'nginx.ingress.kubernetes.io/proxy-buffering': 'on',
    }),
  ],
  ['HAProxy ingress timeout', 'ingress-haproxy-timeout', [], service(), ingress('haproxy')],
  ['Kong read-timeout', 'ingress-kong-timeout', [], service(), ingress('kong')],
  [
    'AGIC request-timeout',
    'ingress-agic-timeout',
    [],
    service(),
    ingress('azure-application-gateway'),
  ],
  ['ALB idle timeout', 'alb-timeout', [], service(), ingress('alb')],
  [
    'classic load balancer idle timeout',
    'aws-service-timeout',
    [],
    balanced({ [aws('connection-draining-enabled')]: 'true' }),
  ],
  [
    'classic load balancer without connection draining',
    'aws-service-timeout',
    [],
    balanced({ [aws('connection-idle-timeout')]: '600' }),
  ],
  [
    'network load balancer with connection termination',
    'aws-service-timeout',
    [annotation('timeout', '320')],
    balanced({
      [aws('type')]: 'external',
      [aws('target-group-attributes')]:
        'deregistration_delay.connection_termination.enabled=true,deregistration_delay.timeout_seconds=10',
    }),
  ],
  [
    'GKE BackendConfig timeout',
    'gke-backend-timeout',
    [],
    service({}, { 'cloud.google.com/backend-config': '{"default": "chat"}' }),
    resource('cloud.google.com/v1', 'BackendConfig', { timeoutSec: 600 }),
  ],
  [
    'Knative timeoutSeconds',
    'route-timeout',
    [],
    {
      ...resource('serving.knative.dev/v1', 'Service', {
        template: {
          metadata: {
            annotations: { 'nestjs-drain/timeout': '300', 'nestjs-drain/propagation-delay': '5' },
          },
          spec: {
            timeoutSeconds: 60,
            containers: [
              {
                image: 'example/knative:1',
                livenessProbe: {},
                resources: { limits: { memory: '1Gi' } },
              },
            ],
          },
        },
      }),
      metadata: { name: 'knative' },
    },
  ],
  ['a hook that is nginx -s quit', 'pre-stop-returns-at-once', hook('nginx', '-s', 'quit')],
  [
    'a hook that is curl … &',
    'pre-stop-returns-at-once',
    hook('sh', '-c', 'curl -s localhost:8001/bye &'),
  ],
  ['a hook that is kill 1', 'pre-stop-returns-at-once', hook('sh', '-c', 'kill -TERM 1')],
  ['a hook whose line no shell takes apart', 'pre-stop-returns-at-once', hook('sleep 10')],
  [
    'a hook that sleeps for 0 s',
    'pre-stop-returns-at-once',
    [...other, inContainer('lifecycle', { preStop: { sleep: { seconds: 0 } } })],
  ],
  [
    'a hook that asks a probe',
    'pre-stop-path',
    [
      ...other,
      inContainer('lifecycle', { preStop: { httpGet: { path: '/health', port: 'http' } } }),
    ],
  ],
  [
    'a hook that needs a shell in a distroless image',
    'pre-stop-exec-shell',
    [...hook('sleep', '5'), inContainer('image', 'gcr.io/distroless/nodejs22')],
  ],
  ['no hook', 'pre-stop-missing', other],
  [
    'a hook named prestop',
    'unknown-field',
    [inContainer('lifecycle', { prestop: { sleep: { seconds: 5 } } })],
  ],
  [
    'a hook outside lifecycle',
    'unknown-field',
    [inContainer('preStop', { sleep: { seconds: 5 } })],
  ],
  [
    'a grace inside the container',
    'unknown-field',
    [inContainer('terminationGracePeriodSeconds', 330)],
  ],
  ['a mistyped grace', 'unknown-field', [inPod('terminationGracePeriodSecond', 330)]],
  ['a restart policy of Jobs', 'schema', [inPod('restartPolicy', 'Never')]],
  ['a deadline of Jobs', 'schema', [inPod('activeDeadlineSeconds', 600)]],
  [
    'a selector that misses its own template',
    'schema',
    [inDeployment('spec.selector.matchLabels', { app: 'chat', tier: 'web' })],
  ],
  ['a grace that is a text', 'schema', [inPod('terminationGracePeriodSeconds', '330')]],
  [
    'a grace shorter than the drain',
    'grace-too-short',
    [inPod('terminationGracePeriodSeconds', 60)],
  ],
  [
    'no probe-level grace',
    'probe-grace',
    [inContainer('livenessProbe.terminationGracePeriodSeconds', undefined)],
  ],
  [
    'readiness after one failure',
    'readiness-too-tight',
    [inContainer('readinessProbe.failureThreshold', 1)],
  ],
  ['no readiness probe', 'readiness-missing', [inContainer('readinessProbe', undefined)]],
  [
    'liveness on the readiness path',
    'liveness-on-readiness',
    [inContainer('livenessProbe.httpGet.path', '/ready')],
  ],
  ['npm start', 'wrapper-as-first-process', start('npm', 'start')],
  ['sh start.sh', 'wrapper-as-first-process', start('sh', 'start.sh')],
  [
    'docker-entrypoint.sh npm start',
    'wrapper-as-first-process',
    start('docker-entrypoint.sh', 'npm', 'start'),
  ],
  ['nodemon', 'wrapper-as-first-process', start('npx', 'nodemon', 'dist/main.js')],
  ['corepack', 'wrapper-as-first-process', start('corepack', 'pnpm', 'start')],
  ['node --watch', 'wrapper-as-first-process', start('node', '--watch', 'dist/main.js')],
  ['tsx watch', 'wrapper-as-first-process', start('tsx', 'watch', 'src/main.ts')],
  ['time', 'wrapper-as-first-process', start('time', 'node', 'dist/main.js')],
  ['pm2-runtime', 'wrapper-as-first-process', start('pm2-runtime', 'dist/main.js')],
  ['supervisord', 'wrapper-as-first-process', start('sh', '-c', 'exec supervisord')],
  [
    'exec in a pipeline',
    'wrapper-as-first-process',
    start('bash', '-c', 'exec node dist/main.js | tee log'),
  ],
  [
    'sh -c in a Debian image',
    'wrapper-as-first-process',
    [...start('sh', '-c', 'node dist/main.js'), inContainer('image', 'node:22')],
  ],
  [
    'an API version that is gone',
    'api-removed',
    [inDeployment('apiVersion', 'extensions/v1beta1')],
  ],
  ['a mistyped ignore', 'annotation-unknown', [annotation('ignore', 'grace-to-short')]],
  ['a timeout that nothing declares', 'settings-unknown', [annotation('timeout', undefined)]],
];

describe('of each single danger exactly one rule speaks', () => {
  it.each(dangers)('%s: %s', async (_, rule, changes, ...others) => {
    expect([...new Set(await judge(changes, ...others))]).toEqual([rule]);
  });

  it.each(dangers)('%s: the remedies of %s end it', async (_, rule, changes, ...others) => {
    let text = textOf(changes, ...others);
    const { findings } = await checkText(text);
    for (const { remedy } of findings) text = apply(text, remedy);
    const left = (await checkText(text)).findings;
    expect(left.filter((each) => each.rule.id === rule)).toEqual([]);
  });
});
