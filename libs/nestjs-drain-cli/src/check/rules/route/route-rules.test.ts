import { describe, expect, it } from '@jest/globals';
import { judge } from '../../testing/judge.js';

const resource = (apiVersion: string, kind: string, spec: object) => ({
  apiVersion,
  kind,
  metadata: { name: 'chat' },
  spec,
});
const service = resource('v1', 'Service', {
  selector: { app: 'chat' },
  ports: [{ port: 80, targetPort: 'http' }],
});
const ingress = (ingressClassName: string) =>
  resource('networking.k8s.io/v1', 'Ingress', {
    ingressClassName,
    defaultBackend: { service: { name: 'chat', port: { number: 80 } } },
  });
const virtual = (host: string, timeout: string) =>
  resource('networking.istio.io/v1', 'VirtualService', {
    http: [{ timeout, route: [{ destination: { host } }] }],
  });
const proxy = (response: string) =>
  resource('projectcontour.io/v1', 'HTTPProxy', {
    routes: [{ services: [{ name: 'chat' }], timeoutPolicy: { response } }],
  });
const gateway = resource('gateway.networking.k8s.io/v1', 'HTTPRoute', {
  parentRefs: [{ name: 'public' }],
  rules: [{ backendRefs: [{ name: 'chat' }] }],
});
const policy = (requestTimeout: string) =>
  resource('gateway.envoyproxy.io/v1alpha1', 'BackendTrafficPolicy', {
    targetRefs: [{ kind: 'HTTPRoute', name: 'chat' }],
    timeout: { http: { requestTimeout } },
  });
const google = resource('networking.gke.io/v1', 'GCPBackendPolicy', {
  default: { timeoutSec: 600, connectionDraining: { drainingTimeoutSec: 600 } },
  targetRef: { kind: 'Service', name: 'chat' },
});

describe('a bound on the way to the pod is compared with the timeout of the drain', () => {
  it.each<[string, object[], string[]]>([
    [
      'a short VirtualService',
      [virtual('chat.default.svc.cluster.local', '60s')],
      ['route-timeout'],
    ],
    ['one without a limit', [virtual('chat', '0s')], []],
    ['one to another service', [virtual('other', '5s')], []],
    ['a short HTTPProxy', [proxy('1m')], ['route-timeout']],
    ['one without a limit', [proxy('infinity')], []],
    ['a short BackendTrafficPolicy', [gateway, policy('15s')], ['route-timeout']],
    ['a long one', [gateway, policy('10m')], []],
    ['an ALB with its defaults', [ingress('alb')], ['alb-timeout']],
    ['nginx with its default', [ingress('nginx-internal')], ['ingress-nginx-timeout']],
    ['an unknown class', [ingress('own')], []],
    ['a long GCPBackendPolicy', [google], []],
    [
      'a BackendConfig of another service',
      [resource('cloud.google.com/v1', 'BackendConfig', {})],
      [],
    ],
  ])('%s', async (_, others, expected) => {
    expect(await judge([], service, ...others)).toEqual(expected);
  });

  it("the nginx controller's own ConfigMap counts when it is in the input", async () => {
    const data = { 'proxy-read-timeout': '3600' };
    const map = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'nginx' }, data };
    expect(await judge([], service, ingress('nginx'), map)).toEqual([]);
  });
});
