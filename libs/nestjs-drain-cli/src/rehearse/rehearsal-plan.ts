import { type HaproxyPlan } from './balancer/haproxy-balancer.js';
import { type LoadPlan } from './load/load-plan.js';
import { type RecognitionPlan } from './load/recognition.js';
import { type Stack } from './options/stack.js';
import { type Platform } from './platform/platforms.js';
import { type PodPlan } from './pods/pod-plan.js';

/** Everything a rehearsal needs to know. Durations in milliseconds. */
export interface RehearsalPlan {
  readonly pod: PodPlan;
  /** Whose order of events is played. */
  readonly platform: Platform;
  /** What the advice is written for. */
  readonly stack: Stack;
  readonly replicas: number;
  /** How late the proxy learns of a change of the endpoints. */
  readonly propagation: number;
  /** Crash the old pods instead of deleting them. */
  readonly crash: boolean;
  /** Restart the kubelet so long after it sent the hook. */
  readonly kubeletRestart?: number;
  readonly balancer: 'embedded' | HaproxyPlan;
  /** Empty: find out what `GET /` answers. */
  readonly loads: readonly LoadPlan[];
  /** What loads that are found out have in common with those that are named. */
  readonly loadDefaults: Omit<LoadPlan, 'kind' | 'method' | 'path'>;
  readonly recognition: RecognitionPlan;
  /** How long the clients run before the first pod is deleted. */
  readonly warmup: number;
  /** How long streams may go on once the last old pod is gone. */
  readonly settle: number;
  /** How long one stream lasts, as far as the user knows; 0 when not. */
  readonly streamLength: number;
  readonly maxStreams: number;
  /** So many streams may be lost. */
  readonly maxLost: number;
  /** After so long everything is stopped and the rehearsal has failed. */
  readonly timeLimit: number;
}
