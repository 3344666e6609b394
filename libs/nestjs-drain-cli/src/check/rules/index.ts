import { type Rule } from '../rule.js';
import { graceDeclaredWrong } from './pod/grace-declared-wrong.js';
import { graceTooShort } from './pod/grace-too-short.js';
import { httpGetHost } from './pod/http-get-host.js';
import { istioHookDead } from './pod/istio-hook-dead.js';
import { istioProxyEndsFirst } from './pod/istio-proxy-ends-first.js';
import { linkerdHookDead } from './pod/linkerd-hook-dead.js';
import { linkerdProxyEndsFirst } from './pod/linkerd-proxy-ends-first.js';
import { livenessMissing } from './pod/liveness-missing.js';
import { livenessOnReadiness } from './pod/liveness-on-readiness.js';
import { livenessTooTight } from './pod/liveness-too-tight.js';
import { memoryUnbounded } from './pod/memory-unbounded.js';
import { preStopExecShell } from './pod/pre-stop-exec-shell.js';
import { preStopMethod } from './pod/pre-stop-method.js';
import { preStopMissing } from './pod/pre-stop-missing.js';
import { preStopPath } from './pod/pre-stop-path.js';
import { preStopPort } from './pod/pre-stop-port.js';
import { preStopReturnsAtOnce } from './pod/pre-stop-returns-at-once.js';
import { preStopSleep } from './pod/pre-stop-sleep.js';
import { probeGrace } from './pod/probe-grace.js';
import { probePort } from './pod/probe-port.js';
import { propagationDelayTooLong } from './pod/propagation-delay-too-long.js';
import { propagationDelayZero } from './pod/propagation-delay-zero.js';
import { readinessMissing } from './pod/readiness-missing.js';
import { readinessPath } from './pod/readiness-path.js';
import { readinessTooTight } from './pod/readiness-too-tight.js';
import { schema } from './pod/schema.js';
import { sidecarEndsFirst } from './pod/sidecar-ends-first.js';
import { spotGrace } from './pod/spot-grace.js';
import { startupTooTight } from './pod/startup-too-tight.js';
import { unknownField } from './pod/unknown-field.js';
import { wrapperAsFirstProcess } from './pod/wrapper-as-first-process.js';
import { apiRemoved } from './rollout/api-removed.js';
import { autoscalerTargetMissing } from './rollout/autoscaler-target-missing.js';
import { disruptionBudgetBlocks } from './rollout/disruption-budget-blocks.js';
import { disruptionBudgetMissing } from './rollout/disruption-budget-missing.js';
import { disruptionBudgetSelectsNothing } from './rollout/disruption-budget-selects-nothing.js';
import { disruptionBudgetUnhealthy } from './rollout/disruption-budget-unhealthy.js';
import { maxUnavailable } from './rollout/max-unavailable.js';
import { recreateStrategy } from './rollout/recreate-strategy.js';
import { replicasBesideAutoscaler } from './rollout/replicas-beside-autoscaler.js';
import { scaleDownChurn } from './rollout/scale-down-churn.js';
import { singleReplica } from './rollout/single-replica.js';
import { spreadMissing } from './rollout/spread-missing.js';
import { verticalAutoscalerEvicts } from './rollout/vertical-autoscaler-evicts.js';
import { stopTimeoutTooShort } from './platform/stop-timeout-too-short.js';
import { albTimeout } from './route/alb-timeout.js';
import { awsServiceTimeout } from './route/aws-service-timeout.js';
import { gkeBackendTimeout } from './route/gke-backend-timeout.js';
import { ingressAnnotations } from './route/ingress-annotations.js';
import { ingressNginxBuffering } from './route/ingress-nginx-buffering.js';
import { ingressNginxTimeout } from './route/ingress-nginx-timeout.js';
import { routeTimeout } from './route/route-timeout.js';
import { annotationUnknown } from './service/annotation-unknown.js';
import { controlOnTrafficPort } from './service/control-on-traffic-port.js';
import { publishNotReadyAddresses } from './service/publish-not-ready-addresses.js';
import { serviceSelectsNothing } from './service/service-selects-nothing.js';
import { settingsUnknown } from './service/settings-unknown.js';
import { targetPortMissing } from './service/target-port-missing.js';
import { trafficUnclear } from './service/traffic-unclear.js';

export { settingsUnknown };

/** Every rule, by what it looks at: the pod, the rollout, the Service, the sidecars, the way in. */
export const rules: readonly Rule[] = [
  schema,
  unknownField,
  apiRemoved,
  annotationUnknown(() => rules.map(({ id }) => id)),
  trafficUnclear,
  graceTooShort,
  graceDeclaredWrong,
  probeGrace,
  spotGrace,
  propagationDelayZero,
  propagationDelayTooLong,
  preStopMissing,
  preStopPath,
  preStopMethod,
  preStopPort,
  preStopSleep,
  preStopReturnsAtOnce,
  preStopExecShell,
  httpGetHost,
  wrapperAsFirstProcess,
  readinessMissing,
  readinessPath,
  readinessTooTight,
  livenessMissing,
  livenessOnReadiness,
  livenessTooTight,
  startupTooTight,
  probePort,
  memoryUnbounded,
  recreateStrategy,
  maxUnavailable,
  singleReplica,
  spreadMissing,
  disruptionBudgetMissing,
  disruptionBudgetBlocks,
  disruptionBudgetSelectsNothing,
  disruptionBudgetUnhealthy,
  scaleDownChurn,
  replicasBesideAutoscaler,
  autoscalerTargetMissing,
  verticalAutoscalerEvicts,
  serviceSelectsNothing,
  targetPortMissing,
  publishNotReadyAddresses,
  controlOnTrafficPort,
  sidecarEndsFirst,
  istioHookDead,
  istioProxyEndsFirst,
  linkerdHookDead,
  linkerdProxyEndsFirst,
  ingressNginxTimeout,
  ingressNginxBuffering,
  ...ingressAnnotations,
  albTimeout,
  awsServiceTimeout,
  gkeBackendTimeout,
  routeTimeout,
  stopTimeoutTooShort,
  settingsUnknown,
];
