import { type HaproxyPlan } from './balancer/haproxy-balancer.js';
import { type LoadPlan } from './load/load-plan.js';
import { type Recognition } from './load/recognition.js';
import { type PodPlan } from './pods/pod-plan.js';

/** Everything a rehearsal needs to know. Durations in milliseconds. */
export interface RehearsalPlan {
  readonly pod: PodPlan;
  readonly replicas: number;
  /** How late the proxy learns of a change of the endpoints. */
  readonly propagation: number;
  /** Crash the old pods instead of deleting them. */
  readonly crash: boolean;
  /** Restart the kubelet so long after it sent the hook. */
  readonly kubeletRestart?: number;
  readonly balancer: 'embedded' | HaproxyPlan;
  readonly loads: readonly LoadPlan[];
  readonly recognition: Recognition;
  /** How long the clients run before the first pod is deleted. */
  readonly warmup: number;
  /** How long streams may go on once the last old pod is gone. */
  readonly settle: number;
  /** How long one stream lasts, as far as the user knows; 0 when not. */
  readonly streamLength: number;
  readonly maxStreams: number;
  /** After so long everything is stopped and the rehearsal has failed. */
  readonly timeLimit: number;
}
