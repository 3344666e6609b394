import { type Rule } from '../rule.js';
import { albTimeout } from './alb-timeout.js';
import { disruptionBudgetBlocks } from './disruption-budget-blocks.js';
import { disruptionBudgetMissing } from './disruption-budget-missing.js';
import { gkeBackendTimeout } from './gke-backend-timeout.js';
import { graceDeclaredWrong } from './grace-declared-wrong.js';
import { graceTooShort } from './grace-too-short.js';
import { httpGetHost } from './http-get-host.js';
import { ingressNginxTimeout } from './ingress-nginx-timeout.js';
import { istioProxyEndsFirst } from './istio-proxy-ends-first.js';
import { linkerdProxyEndsFirst } from './linkerd-proxy-ends-first.js';
import { livenessMissing } from './liveness-missing.js';
import { livenessOnReadiness } from './liveness-on-readiness.js';
import { livenessTooTight } from './liveness-too-tight.js';
import { maxUnavailable } from './max-unavailable.js';
import { preStopExecShell } from './pre-stop-exec-shell.js';
import { preStopMethod } from './pre-stop-method.js';
import { preStopMissing } from './pre-stop-missing.js';
import { preStopPath } from './pre-stop-path.js';
import { preStopPort } from './pre-stop-port.js';
import { preStopSleep } from './pre-stop-sleep.js';
import { probePort } from './probe-port.js';
import { propagationDelayTooLong } from './propagation-delay-too-long.js';
import { propagationDelayZero } from './propagation-delay-zero.js';
import { publishNotReadyAddresses } from './publish-not-ready-addresses.js';
import { readinessMissing } from './readiness-missing.js';
import { readinessPath } from './readiness-path.js';
import { recreateStrategy } from './recreate-strategy.js';
import { routeTimeout } from './route-timeout.js';
import { scaleDownChurn } from './scale-down-churn.js';
import { schema } from './schema.js';
import { sidecarEndsFirst } from './sidecar-ends-first.js';
import { singleReplica } from './single-replica.js';
import { wrapperAsFirstProcess } from './wrapper-as-first-process.js';

/** Every rule, in the order of a pod's life: its end, its probes, its rollout, the way to it. */
export const rules: readonly Rule[] = [
  schema,
  graceTooShort,
  graceDeclaredWrong,
  propagationDelayZero,
  propagationDelayTooLong,
  preStopMissing,
  preStopPath,
  preStopMethod,
  preStopPort,
  preStopSleep,
  preStopExecShell,
  httpGetHost,
  wrapperAsFirstProcess,
  readinessMissing,
  readinessPath,
  livenessMissing,
  livenessOnReadiness,
  livenessTooTight,
  probePort,
  recreateStrategy,
  maxUnavailable,
  singleReplica,
  disruptionBudgetMissing,
  disruptionBudgetBlocks,
  scaleDownChurn,
  publishNotReadyAddresses,
  sidecarEndsFirst,
  istioProxyEndsFirst,
  linkerdProxyEndsFirst,
  ingressNginxTimeout,
  albTimeout,
  gkeBackendTimeout,
  routeTimeout,
];
